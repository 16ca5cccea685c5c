//! The vector that every load of a bundle must answer alike, asked of the sandbox and of native tract.

use tract_onnx::prelude::*;
use tract_onnx::tract_core::internal::TractErrorContext;
use veritag_abi::bundle::{Bundle as Spec, SelfTest, TemporalMode};
use veritag_abi::{Observation, Quality, Role, TensorBatch, Track, TrackFrame, Window};

use veritag::model::Bundle;
use veritag::sandbox::{Instance, PluginError};

/// Log-odds of fake for `frames` crops of the self-test's formula, from the plugin.
///
/// # Errors
/// [`PluginError`] when the plugin has no answer.
pub fn in_sandbox(instance: &mut Instance, spec: &Spec, frames: u32) -> Result<f32, PluginError> {
    let (side, rows) = (spec.input.size, frames as usize);
    let crops = SelfTest::crops(rows * 3 * side * side);
    let wrong = |why: String| PluginError::BadOutput { export: "decide".into(), why };
    let batch = TensorBatch::new(Role::Crops, vec![rows, 3, side, side], crops, flawless(spec, frames));
    let features = instance.infer(&batch.map_err(|e| wrong(e.to_string()))?)?;
    let analysis = instance.decide(&features)?;
    let face = analysis.windows.first().and_then(|window| window.faces.first());
    face.and_then(|face| face.logit).ok_or_else(|| wrong("no logit for the self-test".into()))
}

/// One face, `frames` long, that no quality limit of the bundle refuses.
fn flawless(spec: &Spec, frames: u32) -> Observation {
    let limits = &spec.quality;
    let quality = Quality {
        face_px: limits.min_face_px.max(256.0),
        sharpness: limits.min_sharpness.max(1000.0),
        brightness: (limits.min_brightness + limits.max_brightness) / 2.0,
        turn: 0.0,
        detection: 1.0,
        coverage: 1.0,
    };
    let track = (0..frames)
        .map(|i| TrackFrame { pts_us: i.into(), bbox: [0.0, 0.0, 256.0, 256.0], landmarks: [[128.0; 2]; 5] })
        .collect();
    let tracks = vec![Track { frames: track, quality }];
    Observation {
        windows: vec![Window { start_us: 0, end_us: 1, frames, width: 256, height: 256, tracks, more_faces: 0 }],
    }
}

/// The same from tract on this processor, outside the sandbox and with tract's own reader of ONNX: a second
/// opinion on what the bundle computes.
///
/// # Errors
/// tract's, when it cannot run a part.
pub fn in_native_tract(bundle: &Bundle, frames: u32) -> TractResult<f32> {
    let (spec, rows) = (&bundle.spec, frames as usize);
    let side = spec.input.size;
    let features = run(bundle, "features", &[rows, 3, side, side], &SelfTest::crops(rows * 3 * side * side))?;
    let width = features.len() / rows;
    let logits = match spec.temporal.mode {
        TemporalMode::Sequence => run(bundle, "head", &[1, rows, width], &features)?,
        TemporalMode::FrameMean | TemporalMode::LastFrame => run(bundle, "head", &[rows, width], &features)?,
    };
    let labels = &spec.output.labels;
    let of = |row: &[f32], label: &str| labels.iter().position(|l| l == label).map_or(0.0, |i| row[i]);
    let odds: Vec<f32> = logits.chunks_exact(labels.len()).map(|row| of(row, "fake") - of(row, "real")).collect();
    Ok(match spec.temporal.mode {
        TemporalMode::LastFrame => odds.last().copied().unwrap_or(f32::NAN),
        TemporalMode::Sequence | TemporalMode::FrameMean => odds.iter().sum::<f32>() / odds.len() as f32,
    })
}

fn run(bundle: &Bundle, part: &str, shape: &[usize], values: &[f32]) -> TractResult<Vec<f32>> {
    let (_, mut onnx) = bundle.parts().find(|(name, _)| *name == part).with_context(|| format!("no part {part}"))?;
    let loader = tract_onnx::onnx().with_ignore_output_shapes(true).with_ignore_value_info(true);
    let mut model = loader.model_for_read(&mut onnx)?;
    model.set_input_fact(0, f32::fact(shape).into())?;
    let plan = model.into_optimized()?.into_runnable()?;
    let outputs = plan.run(tvec!(Tensor::from_shape(shape, values)?.into()))?;
    Ok(outputs[0].to_plain_array_view::<f32>()?.iter().copied().collect())
}
