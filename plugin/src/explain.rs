//! Where in a face the evidence lies.
//!
//! The features of a frame are the means of the last feature maps, so that each cell has a share in them. What a cell says
//! is how much the logit falls when its share is left out, in every frame: class activation maps (Zhou et al., "Learning
//! Deep Features for Discriminative Localization", 2016), which need no gradients and here are of any head, by occlusion
//! in the maps. Of a linear head they add up to the logit less its bias.

use veritag_abi::{Explanation, Fault, Relevance, TensorBatch};

use crate::model::loaded::Model;

/// Explains every face that `crops` shows.
///
/// # Errors
/// [`Fault::Rejected`] when the rows are not those of the faces seen; [`Fault::NotImplemented`] when the model's features
/// are no means over a map.
pub fn explain(model: &Model, crops: &TensorBatch) -> Result<Explanation, Fault> {
    let faces = crops.seen.windows.iter().flat_map(|window| window.tracks.iter().map(move |track| (window, track)));
    let readings: Vec<[usize; 2]> = faces.map(|(window, track)| window.reading(track)).collect();
    if crops.seen.rows() != crops.rows() || readings.iter().any(|reading| reading.contains(&0)) {
        return Err(Fault::Rejected("explain: crops without the faces that they are of".into()));
    }
    let crop = crops.data.len().checked_div(crops.rows()).unwrap_or(0);
    let mut rest = &crops.data[..];
    let mut faces = Vec::new();
    for reading in readings {
        let (face, others) = rest.split_at(reading.iter().product::<usize>() * crop);
        faces.push(relevance(model, face, reading)?);
        rest = others;
    }
    Ok(Explanation { faces })
}

fn relevance(model: &Model, crops: &[f32], [frames, views]: [usize; 2]) -> Result<Relevance, Fault> {
    let (features, mut maps) = model.features_and_maps(crops)?;
    maps.turn_back(frames * views, &model.bundle.input);
    let logit = model.face_logit(&features, frames, views)?;
    let without = |cell| model.face_logit(&maps.without(cell, &features), frames, views);
    let cells = (0..maps.cells()).map(|cell| Ok(logit - without(cell)?));
    let [height, width] = maps.side;
    Ok(Relevance { logit, height, width, cells: cells.collect::<Result<_, Fault>>()? })
}
