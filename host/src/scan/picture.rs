//! Crops as pictures again.

use veritag_abi::bundle::{Channels, Input};

/// The rgb bytes, `[rows, size, size, 3]`, of normalised crops, `[rows, 3, size, size]`. The plugin brings crops to
/// whole values before it normalises them, so normalising these bytes gives the very same numbers.
pub fn pictures(input: &Input, crops: &[f32]) -> Vec<u8> {
    let plane = input.size * input.size;
    let pixels = crops.chunks_exact(3 * plane).flat_map(|crop| (0..plane).map(move |i| pixel(input, crop, plane, i)));
    pixels.flatten().collect()
}

fn pixel(input: &Input, crop: &[f32], plane: usize, at: usize) -> [u8; 3] {
    let values = [0, 1, 2].map(|i| (crop[i * plane + at] * input.std[i] + input.mean[i]) * 255.0);
    let [first, second, third] = values.map(|value| value.round() as u8);
    match input.channels {
        Channels::Rgb => [first, second, third],
        Channels::Bgr => [third, second, first],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use veritag_abi::bundle::as_found;

    proptest! {
        #[test]
        fn normalising_the_bytes_gives_the_very_same_numbers(
            bytes in prop::collection::vec(any::<u8>(), 12..=12), mean in 0f32..1.0, std in 0.1f32..1.0, bgr: bool,
        ) {
            let channels = if bgr { Channels::Bgr } else { Channels::Rgb };
            let (mean, std) = ([mean; 3], [std; 3]);
            let input = Input { size: 2, channels, mean, std, margin: 1.3, still_views: as_found(), mirror: false };
            let order = if bgr { [2, 1, 0] } else { [0, 1, 2] };
            let normal = |plane: usize, at: usize| (f32::from(bytes[at * 3 + order[plane]]) / 255.0 - mean[plane]) / std[plane];
            let crop: Vec<f32> = (0..3).flat_map(|plane| (0..4).map(move |at| normal(plane, at))).collect();
            prop_assert_eq!(pictures(&input, &crop), bytes);
        }
    }
}
