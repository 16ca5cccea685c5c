//! Convolutions that hand their output on in integers.
//!
//! Where bounds are known, as after a ReLU6, the scale of an image is known before it is computed: the next convolution
//! need not look for its largest value, and half as much memory is written and read.

use tract_core::internal::*;

use super::convolve::Convolution;
use super::fusion::{Fused, Plan, only_successor};

/// The widest bound, a little more than a ReLU6's: of wider ones too few levels might be left for what there is.
const WIDEST: f32 = 8.0;

/// Lets those of `plan` whose output is bounded and goes to one convolution alone give levels to it.
pub fn chain(model: &TypedModel, plan: &mut Plan) {
    let pairs: Vec<(usize, usize)> = plan.fused.iter().map(|(&last, next)| (next.input.node, last)).collect();
    for (giver, taker) in pairs {
        let Some(bound) = plan.fused.get(&giver).and_then(bound) else { continue };
        if only_successor(model, giver).is_some() {
            let level = bound / f32::from(plan.fused[&taker].convolution.weights.levels);
            plan.fused.entry(taker).and_modify(|taker| taker.convolution.takes = Some(level));
            plan.fused.entry(giver).and_modify(|giver| giver.convolution.gives = Some(level));
        }
    }
}

/// The largest magnitude that `fused` can give, if it can give levels.
fn bound(Fused { convolution, added, .. }: &Fused) -> Option<f32> {
    let Convolution { geometry, weights, bias, clamp: [low, high], .. } = convolution;
    let bound = low.abs().max(high.abs());
    let whole = (geometry.channels_out / geometry.groups).is_multiple_of(4) || geometry.depthwise();
    let finite = weights.scales.iter().chain(bias).all(|value| value.is_finite());
    (bound <= WIDEST && bound > 0.0 && whole && finite && added.is_none()).then_some(bound)
}
