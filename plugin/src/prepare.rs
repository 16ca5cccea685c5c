//! Frames to face crops: find, follow, cut out, measure, normalise.

use veritag_abi::bundle::{Channels, Input};
use veritag_abi::{Fault, FrameBatch, Observation, Role, TensorBatch, Track, TrackFrame, Window};

use crate::faces::bbox::BBox;
use crate::faces::quality::measure;
use crate::faces::resample::resample;
use crate::faces::track::{Path, follow, key_frames};
use crate::model::loaded::Model;

/// The crops of every face in the window, `[rows, 3, size, size]`, a face's frames one after the other.
///
/// # Errors
/// [`Fault::Model`] when the face detector fails.
pub fn prepare(model: &mut Model, frames: &FrameBatch) -> Result<TensorBatch, Fault> {
    let keys = key_frames(frames.count());
    let found = keys.iter().map(|&key| model.detector.detect(&frames.frame(key)));
    let paths = follow(&keys, &found.collect::<Result<Vec<_>, _>>()?);
    let input = &model.bundle.input;
    let mut data = Vec::with_capacity(paths.len() * frames.count() * 3 * input.size * input.size);
    let tracks = paths.iter().map(|path| cut_out(input, frames, path, &mut data)).collect();
    let shape = vec![paths.len() * frames.count(), 3, input.size, input.size];
    TensorBatch::new(Role::Crops, shape, data, Observation { windows: vec![window(frames, tracks)] })
}

fn cut_out(input: &Input, frames: &FrameBatch, path: &Path, data: &mut Vec<f32>) -> Track {
    let crop = |index| {
        let region = square(&path.at(index).bbox, input.margin);
        resample(&frames.frame(index), &region, input.size, input.size).into_iter().map(whole).collect()
    };
    let crops: Vec<Vec<f32>> = (0..frames.count()).map(crop).collect();
    crops.iter().for_each(|crop| normalise(input, crop, data));
    let place = |(index, &pts_us)| {
        let face = path.at(index);
        TrackFrame { pts_us, bbox: face.bbox.to_array(), landmarks: face.landmarks }
    };
    Track {
        frames: frames.pts_us().iter().enumerate().map(place).collect(),
        quality: measure(path, &crops, input.size),
    }
}

/// The square about the box's centre, `margin` times as wide as its longer side.
fn square(bbox: &BBox, margin: f32) -> BBox {
    let side = bbox.side() * margin;
    let [x, y] = bbox.center();
    BBox { x: x - side / 2.0, y: y - side / 2.0, width: side, height: side }
}

/// The nearest of the values that a stored picture can have, so that a model can learn from just what it will see.
fn whole(value: f32) -> f32 {
    value.round().clamp(0.0, 255.0)
}

/// Interleaved rgb 0..255 to planes in the model's colour order, (value / 255 − mean) / std.
fn normalise(input: &Input, crop: &[f32], data: &mut Vec<f32>) {
    let order = match input.channels {
        Channels::Rgb => [0, 1, 2],
        Channels::Bgr => [2, 1, 0],
    };
    for (plane, channel) in order.into_iter().enumerate() {
        let (mean, std) = (input.mean[plane], input.std[plane]);
        data.extend(crop.as_chunks::<3>().0.iter().map(|pixel| (pixel[channel] / 255.0 - mean) / std));
    }
}

fn window(frames: &FrameBatch, tracks: Vec<Track>) -> Window {
    let times = frames.pts_us();
    Window {
        start_us: times[0],
        end_us: times[times.len() - 1],
        frames: times.len() as u32,
        width: frames.width(),
        height: frames.height(),
        tracks,
    }
}
