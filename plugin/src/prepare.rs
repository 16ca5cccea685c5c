//! Frames to face crops: find, follow, cut out, measure, normalise.

use veritag_abi::bundle::{Channels, Input};
use veritag_abi::{Fault, FrameHeader, Observation, Role, TensorBatch, Track, TrackFrame, Window};

use crate::faces::bbox::Detection;
use crate::faces::quality::measure;
use crate::faces::resample::resample;
use crate::faces::search::search;
use crate::faces::track::{KeyFrames, Path, follow, is_steady};
use crate::frames::Frames;
use crate::model::loaded::Model;

/// The crops of every face in the window, `[rows, 3, size, size]`, a face's frames, or its views in a still, one after
/// the other.
///
/// # Errors
/// [`Fault::Model`] when the face detector fails.
pub fn prepare(model: &mut Model, frames: &Frames) -> Result<TensorBatch, Fault> {
    let most = model.bundle.max_faces(frames.count());
    let (paths, more) = if frames.count() == 1 { still(model, frames, most)? } else { footage(model, frames, most)? };
    let input = &model.bundle.input;
    let mut data = Vec::with_capacity(paths.len() * frames.count() * 3 * input.size * input.size);
    let tracks: Vec<Track> = paths.iter().map(|path| cut_out(input, frames, path, &mut data)).collect();
    let rows = tracks.iter().map(|track| track.frames.len()).sum();
    let shape = vec![rows, 3, input.size, input.size];
    TensorBatch::new(Role::Crops, shape, data, Observation { windows: vec![window(frames, tracks, more as u32)] })
}

/// The largest faces of a still, and how many more there are.
fn still(model: &mut Model, frames: &Frames, most: usize) -> Result<(Vec<Path>, usize), Fault> {
    let frame = frames.frame(0);
    let found = search(&mut model.detector, &frame)?;
    let more = found.faces.len().saturating_sub(most);
    let faces = found.look_again(&mut model.detector, &frame, most)?;
    Ok((follow(&[(0, faces)]), more))
}

/// The largest and steadiest faces of footage, followed, and how many more there are.
fn footage(model: &mut Model, frames: &Frames, most: usize) -> Result<(Vec<Path>, usize), Fault> {
    let keys = KeyFrames::of(frames.count());
    let mut look = |key: &usize| Ok((*key, search(&mut model.detector, &frames.frame(*key))?.faces));
    let mut looks = keys.first.iter().map(&mut look).collect::<Result<Vec<_>, Fault>>()?;
    if !is_steady(&looks) {
        looks.extend(keys.between.iter().map(look).collect::<Result<Vec<_>, Fault>>()?);
        looks.sort_by_key(|(key, _)| *key);
    }
    let mut paths = follow(&looks);
    let more = paths.len().saturating_sub(most);
    paths.truncate(most);
    Ok((paths, more))
}

fn cut_out(input: &Input, frames: &Frames, path: &Path, data: &mut Vec<f32>) -> Track {
    let seen = seen(input, frames, path);
    let crop = |(nth, (index, face)): (usize, &(usize, Detection))| {
        let region = face.bbox.square(input.margin);
        let mut crop = resample(&frames.frame(*index), &region, input.size, input.size);
        crop.iter_mut().for_each(|value| *value = whole(*value));
        if input.mirrored(nth, seen.len()) {
            mirror(&mut crop, input.size);
        }
        crop
    };
    let crops: Vec<Vec<f32>> = seen.iter().enumerate().map(crop).collect();
    crops.iter().for_each(|crop| normalise(input, crop, data));
    let place = |(index, face): &(usize, Detection)| TrackFrame {
        pts_us: frames.header().pts_us[*index],
        bbox: face.bbox.to_array(),
        landmarks: face.landmarks,
    };
    Track { frames: seen.iter().map(place).collect(), quality: measure(path, &crops, input.size) }
}

/// In which frames, and where, the face is cut out.
fn seen(input: &Input, frames: &Frames, path: &Path) -> Vec<(usize, Detection)> {
    match frames.count() {
        1 => input.still_views.iter().map(|view| (0, path.at(0).seen(view))).collect(),
        count => (0..count).map(|index| (index, path.at(index))).collect(),
    }
}

/// Turns rgb pixels, `size` to a row, left to right.
fn mirror(crop: &mut [f32], size: usize) {
    crop.chunks_exact_mut(size * 3).for_each(|row| row.as_chunks_mut::<3>().0.reverse());
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

fn window(frames: &Frames, tracks: Vec<Track>, more_faces: u32) -> Window {
    let FrameHeader { width, height, pts_us: times } = frames.header();
    Window {
        start_us: times[0],
        end_us: times[times.len() - 1],
        frames: times.len() as u32,
        width: *width,
        height: *height,
        tracks,
        more_faces,
    }
}
