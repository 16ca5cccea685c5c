//! How well a face can be judged: its size, sharpness, brightness, and how far it is turned aside.

use veritag_abi::Quality;

use super::bbox::Landmarks;
use super::track::Path;

/// Luma (ITU-R BT.601) of interleaved rgb values 0..255.
fn luma(rgb: &[f32]) -> Vec<f32> {
    rgb.as_chunks::<3>().0.iter().map(|[r, g, b]| 0.299 * r + 0.587 * g + 0.114 * b).collect()
}

/// Variance of the four-neighbour Laplacian over the inner pixels of a `side × side` luma picture
/// (Pech-Pacheco et al., "Diatom autofocusing in brightfield microscopy", 2000).
fn sharpness(luma: &[f32], side: usize) -> f32 {
    let inner = (1..side - 1).flat_map(|y| (1..side - 1).map(move |x| y * side + x));
    let edges: Vec<f32> =
        inner.map(|i| luma[i - side] + luma[i + side] + luma[i - 1] + luma[i + 1] - 4.0 * luma[i]).collect();
    let mean = edges.iter().sum::<f32>() / edges.len() as f32;
    edges.iter().map(|e| (e - mean).powi(2)).sum::<f32>() / edges.len() as f32
}

/// How far the nose lies aside of the middle between the eyes, in units of the way between the eyes.
fn turn([left, right, nose, ..]: &Landmarks) -> f32 {
    let across = [right[0] - left[0], right[1] - left[1]];
    let aside = [nose[0] - (left[0] + right[0]) / 2.0, nose[1] - (left[1] + right[1]) / 2.0];
    let length = across[0].hypot(across[1]).max(1.0);
    ((across[0] * aside[0] + across[1] * aside[1]) / length.powi(2)).abs()
}

fn median(mut values: Vec<f32>) -> f32 {
    values.sort_by(f32::total_cmp);
    values[values.len() / 2]
}

/// Quality of one face from its crops, `side × side` interleaved rgb values 0..255, one per frame.
pub fn measure(path: &Path, crops: &[Vec<f32>], side: usize) -> Quality {
    let lumas: Vec<Vec<f32>> = crops.iter().map(|crop| luma(crop)).collect();
    Quality {
        face_px: median((0..crops.len()).map(|frame| path.at(frame).bbox.side()).collect()),
        sharpness: median(lumas.iter().map(|l| sharpness(l, side)).collect()),
        brightness: median(lumas.iter().map(|l| l.iter().sum::<f32>() / l.len() as f32).collect()),
        turn: median((0..crops.len()).map(|frame| turn(&path.at(frame).landmarks)).collect()),
        detection: path.confidence(),
        coverage: path.coverage(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_face_is_turned_as_far_as_its_nose_lies_aside_however_it_is_tilted() {
        let mouth = [[0.0; 2]; 2];
        let front = [[10.0, 10.0], [30.0, 10.0], [20.0, 22.0], mouth[0], mouth[1]];
        assert_eq!(turn(&front), 0.0);
        let aside = [[10.0, 10.0], [30.0, 10.0], [36.0, 22.0], mouth[0], mouth[1]];
        let tilted = aside.map(|[x, y]| [-y, x]);
        assert!((turn(&aside) - 0.8).abs() < 1e-6 && (turn(&tilted) - 0.8).abs() < 1e-6);
        assert!(turn(&[[5.0; 2]; 5]).is_finite());
    }

    #[test]
    fn a_checkerboard_is_sharper_than_a_ramp() {
        let side = 8;
        let board: Vec<f32> = (0..64).map(|i| if (i + i / 8) % 2 == 0 { 255.0 } else { 0.0 }).collect();
        let ramp: Vec<f32> = (0..64).map(|i| (i % 8) as f32 * 30.0).collect();
        assert!(sharpness(&board, side) > 100_000.0);
        assert!(sharpness(&ramp, side) < 1e-3);
    }
}
