//! Where a convolution reads: its shape, and the offsets into a padded image.

/// The constant shape of a 2-D convolution over `[images, height, width, channels]`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Geometry {
    pub kernel: [usize; 2],
    pub strides: [usize; 2],
    pub dilations: [usize; 2],
    pub pad_before: [usize; 2],
    pub pad_after: [usize; 2],
    pub groups: usize,
    pub channels_in: usize,
    pub channels_out: usize,
}

impl Geometry {
    pub fn depthwise(&self) -> bool {
        self.groups == self.channels_in && self.groups == self.channels_out && self.groups > 1
    }

    pub fn padded(&self, size: [usize; 2]) -> [usize; 2] {
        [0, 1].map(|axis| size[axis] + self.pad_before[axis] + self.pad_after[axis])
    }

    /// Size of the output for an input of `size`, or `None` where the kernel does not fit.
    pub fn output(&self, size: [usize; 2]) -> Option<[usize; 2]> {
        let padded = self.padded(size);
        let reach = [0, 1].map(|axis| (self.kernel[axis] - 1) * self.dilations[axis] + 1);
        (padded[0] >= reach[0] && padded[1] >= reach[1])
            .then(|| [0, 1].map(|axis| (padded[axis] - reach[axis]) / self.strides[axis] + 1))
    }

    /// Length of the runs of consecutive input values under the kernel: its rows where nothing separates their
    /// pixels, else the channels of one tap.
    pub fn run_length(&self) -> usize {
        if self.rows_are_runs() { self.kernel[1] * self.channels_in } else { self.channels_in / self.groups }
    }

    /// Whether no eight of values that a kernel reads reaches beyond what is under it.
    pub fn reads_whole_eights(&self) -> bool {
        self.run_length().is_multiple_of(8) || self.depthwise() && self.channels_in.is_multiple_of(8)
    }

    fn rows_are_runs(&self) -> bool {
        self.groups == 1 && self.dilations[1] == 1
    }

    /// Where each run begins, from the first value under the kernel.
    pub fn runs(&self, padded_width: usize) -> Vec<usize> {
        let row = padded_width * self.channels_in * self.dilations[0];
        let pixel = self.channels_in * self.dilations[1];
        let across = if self.rows_are_runs() { 1 } else { self.kernel[1] };
        (0..self.kernel[0]).flat_map(|y| (0..across).map(move |x| y * row + x * pixel)).collect()
    }

    /// Offset of the first value under each output pixel of a padded image, row by row.
    pub fn starts(&self, size: [usize; 2]) -> Vec<usize> {
        let ([_, width], output) = (self.padded(size), self.output(size).unwrap_or_default());
        let steps = [self.strides[0] * width, self.strides[1]].map(|step| step * self.channels_in);
        (0..output[0]).flat_map(|y| (0..output[1]).map(move |x| y * steps[0] + x * steps[1])).collect()
    }

    /// Lets `convert` append each row of an image to `frame`, between the zeros that pad it.
    pub fn pad_with<T>(
        &self,
        image: &[T],
        size: [usize; 2],
        frame: &mut Vec<i16>,
        convert: impl Fn(&[T], &mut Vec<i16>),
    ) {
        let row = self.padded(size)[1] * self.channels_in;
        let zeros = |frame: &mut Vec<i16>, count| frame.resize(frame.len() + count, 0);
        zeros(frame, self.pad_before[0] * row);
        for values in image.chunks_exact(size[1] * self.channels_in) {
            zeros(frame, self.pad_before[1] * self.channels_in);
            convert(values, frame);
            zeros(frame, self.pad_after[1] * self.channels_in);
        }
        zeros(frame, self.pad_after[0] * row);
    }
}
