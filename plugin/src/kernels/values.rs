//! Images as convolutions take and give them.

/// Values that are read.
#[derive(Clone, Copy)]
pub enum Input<'a> {
    Floats(&'a [f32]),
    /// Whole numbers, each worth what its convolution says.
    Levels(&'a [i16]),
}

/// Values that are written.
pub enum Output<'a> {
    Floats(&'a mut [f32]),
    Levels(&'a mut [i16]),
}

impl Input<'_> {
    pub const fn len(&self) -> usize {
        match self {
            Self::Floats(values) => values.len(),
            Self::Levels(values) => values.len(),
        }
    }

    pub fn part(&self, from: usize, length: usize) -> Self {
        match self {
            Self::Floats(values) => Self::Floats(&values[from..][..length]),
            Self::Levels(values) => Self::Levels(&values[from..][..length]),
        }
    }
}

impl Output<'_> {
    pub fn part(&mut self, from: usize, length: usize) -> Output<'_> {
        match self {
            Self::Floats(values) => Output::Floats(&mut values[from..][..length]),
            Self::Levels(values) => Output::Levels(&mut values[from..][..length]),
        }
    }
}
