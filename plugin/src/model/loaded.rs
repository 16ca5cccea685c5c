//! A model whose parts are all in: detector, feature network, head, and what its bundle says of them.

use tract_core::internal::{TDim, ToDim};
use veritag_abi::bundle::{Bundle, Scope, SelfTest, TemporalMode};
use veritag_abi::{Fault, ModelId, Reason};

use super::maps::{Maps, no_map};
use super::parts::Parts;
use crate::faces::detector::Detector;
use crate::network::{Network, Output, Template};

/// Crops that the feature network takes at a time: with one, most of its images stay in the cache.
const AT_ONCE: usize = 1;

pub struct Model {
    pub id: ModelId,
    pub bundle: Bundle,
    pub detector: Detector,
    features: Network,
    head: Network,
    scope: Option<Network>,
}

impl Model {
    /// Builds the networks.
    ///
    /// # Errors
    /// [`Fault::Model`] when a network cannot be built, or the bundle's self-test gives another answer.
    pub fn build(id: ModelId, bundle: Bundle, parts: &Parts) -> Result<Self, Fault> {
        let side = bundle.input.size.to_dim();
        let template = Template::read("features", parts.bytes("features")?)?;
        let features = template.build_with_map(&[template.free_dimension(), 3.to_dim(), side.clone(), side])?;
        let width = features.width()?;
        let head = build(parts, "head", |n| match bundle.temporal.mode {
            TemporalMode::Sequence => vec![1.to_dim(), n, width.to_dim()],
            TemporalMode::FrameMean | TemporalMode::LastFrame => vec![n, width.to_dim()],
        })?;
        let scope = bundle.scope.as_ref().map(|scope| build_scope(parts, scope, width)).transpose()?;
        let model = Self { id, bundle, detector: Detector::new(parts.bytes("faces")?)?, features, head, scope };
        if let Some(test) = &model.bundle.self_test {
            model.check(test)?;
        }
        Ok(model)
    }

    fn check(&self, test: &SelfTest) -> Result<(), Fault> {
        let (frames, side) = (test.frames as usize, self.bundle.input.size);
        let features = self.features(&SelfTest::crops(frames * 3 * side * side))?;
        let logit = self.logit(&features, frames)?;
        self.out_of_scope(&features, frames)?;
        if (logit - test.logit).abs() <= test.tolerance {
            return Ok(());
        }
        Err(Fault::Model(format!("self-test gave {logit}, the bundle says {} ± {}", test.logit, test.tolerance)))
    }

    /// Features of normalised crops, `[rows, 3, size, size]`, as `[rows, width]`, flat.
    ///
    /// # Errors
    /// [`Fault::Rejected`] when the values are no whole number of crops.
    pub fn features(&self, crops: &[f32]) -> Result<Vec<f32>, Fault> {
        let mut all = Vec::new();
        self.each_batch(crops, |mut outputs| all.append(&mut outputs[0].1))?;
        Ok(all)
    }

    /// [`Model::features`] of one face, and the maps that they are the means of.
    ///
    /// # Errors
    /// [`Fault::NotImplemented`] when they are no means of a map.
    pub fn features_and_maps(&self, crops: &[f32]) -> Result<(Vec<f32>, Maps), Fault> {
        let (mut features, mut maps) = (Vec::new(), Maps::default());
        self.each_batch(crops, |mut outputs| {
            features.append(&mut outputs[0].1);
            if let [_, (shape, values)] = &mut outputs[..] {
                maps.side = [shape[2], shape[3]];
                maps.values.append(values);
            }
        })?;
        if maps.have_means(&features) { Ok((features, maps)) } else { Err(no_map()) }
    }

    fn each_batch(&self, crops: &[f32], mut take: impl FnMut(Vec<Output>)) -> Result<(), Fault> {
        let side = self.bundle.input.size;
        let each = 3 * side * side;
        if !crops.len().is_multiple_of(each) {
            return Err(Fault::Rejected(format!("{} values are no whole number of {side}×{side} crops", crops.len())));
        }
        crops.chunks(each * AT_ONCE).try_for_each(|crops| {
            take(self.features.run(&[crops.len() / each, 3, side, side], crops)?);
            Ok(())
        })
    }

    /// Log-odds of fake, before calibration, of one face: of its `frames` rows of features, or, in a still, the mean over
    /// its `views`, a row each.
    ///
    /// # Errors
    /// [`Fault::Model`] when the head does not give the logits that the bundle names.
    pub fn face_logit(&self, features: &[f32], frames: usize, views: usize) -> Result<f32, Fault> {
        let each = (features.len() / views).max(1);
        let logits = features.chunks_exact(each).map(|view| self.logit(view, frames));
        Ok(logits.sum::<Result<f32, Fault>>()? / views as f32)
    }

    /// Of the `frames` rows of features of one face.
    ///
    /// # Errors
    /// [`Fault::Model`] when the head does not give the logits that the bundle names.
    fn logit(&self, features: &[f32], frames: usize) -> Result<f32, Fault> {
        let width = features.len() / frames;
        let shape: &[usize] = match self.bundle.temporal.mode {
            TemporalMode::Sequence => &[1, frames, width],
            TemporalMode::FrameMean | TemporalMode::LastFrame => &[frames, width],
        };
        let logits = self.head.run_single(shape, features)?.1;
        let labels = &self.bundle.output.labels;
        let rows: Vec<f32> = logits.chunks_exact(labels.len()).map(|row| log_odds(labels, row)).collect();
        match self.bundle.temporal.mode {
            TemporalMode::LastFrame => rows.last().copied(),
            TemporalMode::Sequence | TemporalMode::FrameMean if rows.is_empty() => None,
            TemporalMode::Sequence | TemporalMode::FrameMean => Some(rows.iter().sum::<f32>() / rows.len() as f32),
        }
        .filter(|logit| logit.is_finite())
        .ok_or_else(|| Fault::Model("head: no finite logit".into()))
    }

    /// Why the model cannot judge a face of these `frames` rows of features, if it knows that; the first reason wins.
    ///
    /// # Errors
    /// [`Fault::Model`] when the part `scope` does not give finite logits.
    pub fn out_of_scope(&self, features: &[f32], frames: usize) -> Result<Option<Reason>, Fault> {
        let (Some(network), Some(scope)) = (&self.scope, &self.bundle.scope) else { return Ok(None) };
        let logits = network.run_single(&[frames, features.len() / frames], features)?.1;
        let sum = |nth: usize| logits.iter().skip(nth).step_by(scope.reasons.len()).sum::<f32>();
        let sums: Vec<f32> = (0..scope.reasons.len()).map(sum).collect();
        if !sums.iter().all(|sum| sum.is_finite()) {
            return Err(Fault::Model("scope: no finite logits".into()));
        }
        Ok(scope.reasons.iter().zip(sums).find_map(|(reason, sum)| (sum > 0.0).then_some(*reason)))
    }
}

fn build(parts: &Parts, part: &'static str, shape: impl FnOnce(TDim) -> Vec<TDim>) -> Result<Network, Fault> {
    let template = Template::read(part, parts.bytes(part)?)?;
    let shape = shape(template.free_dimension());
    template.build(&shape)
}

fn build_scope(parts: &Parts, scope: &Scope, width: usize) -> Result<Network, Fault> {
    let network = build(parts, "scope", |n| vec![n, width.to_dim()])?;
    if network.width()? != scope.reasons.len() {
        let (gives, named) = (network.width()?, scope.reasons.len());
        return Err(Fault::Model(format!("scope: gives {gives} logits, [scope] names {named} reasons")));
    }
    Ok(network)
}

/// One logit is the log-odds of fake; of two, fake's less real's.
fn log_odds(labels: &[String], row: &[f32]) -> f32 {
    let of = |label: &str| labels.iter().position(|l| l == label).map_or(0.0, |i| row[i]);
    of("fake") - of("real")
}
