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
    let tracks: Vec<_> = crops.seen.windows.iter().flat_map(|window| &window.tracks).collect();
    if crops.seen.rows() != crops.rows() || tracks.iter().any(|track| track.frames.is_empty()) {
        return Err(Fault::Rejected("explain: crops without the faces that they are of".into()));
    }
    let crop = crops.data.len().checked_div(crops.rows()).unwrap_or(0);
    let mut rest = &crops.data[..];
    let mut faces = Vec::new();
    for track in tracks {
        let (face, others) = rest.split_at(track.frames.len() * crop);
        faces.push(relevance(model, face, track.frames.len())?);
        rest = others;
    }
    Ok(Explanation { faces })
}

fn relevance(model: &Model, crops: &[f32], frames: usize) -> Result<Relevance, Fault> {
    let (features, maps) = model.features_and_maps(crops)?;
    let logit = model.logit(&features, frames)?;
    let cells = (0..maps.cells()).map(|cell| Ok(logit - model.logit(&maps.without(cell, &features), frames)?));
    let [height, width] = maps.side;
    Ok(Relevance { logit, height, width, cells: cells.collect::<Result<_, Fault>>()? })
}
