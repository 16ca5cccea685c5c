//! Crops as pixels: what `prepare` normalised, undone to the bit, for a quarter of the bytes.

use veritag_abi::bundle::Input;

use super::RunnerError;

/// What each pixel 0..255 becomes in each plane of a crop.
#[derive(Clone, Debug, PartialEq)]
pub struct Pixels {
    input: Input,
    normalised: [Vec<f32>; 3],
}

impl Pixels {
    pub fn of(input: &Input) -> Self {
        let value = |plane: usize| move |pixel: u8| (f32::from(pixel) / 255.0 - input.mean[plane]) / input.std[plane];
        let normalised = [0, 1, 2].map(|plane| (0..=255).map(value(plane)).collect());
        Self { input: input.clone(), normalised }
    }

    /// The pixels of whole crops `[rows, 3, side, side]`.
    ///
    /// # Errors
    /// [`RunnerError::NoPixels`] when a value is none that a pixel becomes.
    pub fn exactly(&self, crops: &[f32]) -> Result<Vec<u8>, RunnerError> {
        let pixels = self.nearest(crops);
        let same = self.planes(crops).zip(self.planes(&pixels)).all(|((plane, crop), (_, pixels))| {
            crop.iter().zip(pixels).all(|(value, pixel)| self.normalised[plane][usize::from(*pixel)] == *value)
        });
        if same { Ok(pixels) } else { Err(RunnerError::NoPixels) }
    }

    /// The nearest pixels of any values.
    pub fn nearest(&self, crops: &[f32]) -> Vec<u8> {
        let pixel = |plane: usize| move |value: &f32| (value * self.input.std[plane] + self.input.mean[plane]) * 255.0;
        self.planes(crops).flat_map(|(plane, crop)| crop.iter().map(pixel(plane)).map(|it| it.round() as u8)).collect()
    }

    /// What they become.
    pub fn normalise(&self, pixels: &[u8]) -> Vec<f32> {
        let planes = self.planes(pixels);
        planes.flat_map(|(plane, crop)| crop.iter().map(move |&p| self.normalised[plane][usize::from(p)])).collect()
    }

    fn planes<'a, T>(&self, crops: &'a [T]) -> impl Iterator<Item = (usize, &'a [T])> {
        crops.chunks(self.input.size * self.input.size).enumerate().map(|(nth, plane)| (nth % 3, plane))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use veritag_abi::bundle::{Channels, as_found};

    fn pixels(mean: [f32; 3], std: [f32; 3]) -> Pixels {
        Pixels::of(&Input {
            size: 16,
            channels: Channels::Rgb,
            mean,
            std,
            margin: 1.3,
            still_views: as_found(),
            mirror: false,
        })
    }

    proptest! {
        #[test]
        fn every_pixel_comes_back(mean in [0f32..1.0, 0f32..1.0, 0f32..1.0], std in [0.05f32..2.0, 0.05f32..2.0, 0.05f32..2.0]) {
            let pixels = pixels(mean, std);
            let all: Vec<u8> = (0..3).flat_map(|_| 0..=255).collect();
            prop_assert_eq!(pixels.exactly(&pixels.normalise(&all)).unwrap(), all);
        }
    }

    #[test]
    fn what_no_pixel_becomes_is_refused() {
        let pixels = pixels([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]);
        for value in [0.1234, f32::NAN, 9.0] {
            assert_eq!(pixels.exactly(&[value; 256]).unwrap_err().code(), "plugin-no-pixels");
        }
    }
}
