//! Buckets of how well a face can be seen.

/// Upper ends of the buckets of face size, the median side of the face box in pixels.
const FACE_PX: [f32; 3] = [64.0, 96.0, 160.0];
/// Upper ends of the buckets of sharpness, the variance of the Laplacian of the crop's luma.
const SHARPNESS: [f32; 3] = [60.0, 150.0, 400.0];

/// Where there is no face to measure.
pub const NO_FACE: &str = "no face";

/// `below 64 px`, `64 to 96 px`, …; in order of size when sorted by [`rank`].
pub fn face_size(face_px: Option<f32>) -> String {
    bucket(face_px, FACE_PX, " px")
}

/// `below 60`, `60 to 150`, …
pub fn sharpness(sharpness: Option<f32>) -> String {
    bucket(sharpness, SHARPNESS, "")
}

/// Orders buckets from low to high.
pub fn rank(bucket: &str) -> u32 {
    let number = || bucket.split(' ').find_map(|word| word.parse().ok());
    match bucket.split(' ').next() {
        Some("below") => 0,
        Some("no") => u32::MAX,
        _ => number().unwrap_or_default(),
    }
}

fn bucket(value: Option<f32>, ends: [f32; 3], unit: &str) -> String {
    let [low, middle, high] = ends;
    match value {
        None => NO_FACE.into(),
        Some(value) if value < low => format!("below {low}{unit}"),
        Some(value) if value < middle => format!("{low} to {middle}{unit}"),
        Some(value) if value < high => format!("{middle} to {high}{unit}"),
        Some(_) => format!("{high}{unit} and above"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_meet_and_are_in_order() {
        let buckets = [Some(63.9), Some(64.0), Some(96.0), Some(160.0), None].map(face_size);
        assert_eq!(buckets, ["below 64 px", "64 to 96 px", "96 to 160 px", "160 px and above", "no face"]);
        assert!(buckets.is_sorted_by_key(|bucket| rank(bucket)));
    }
}
