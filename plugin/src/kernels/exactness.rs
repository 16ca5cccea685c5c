//! What the integers of dense convolutions promise.

use proptest::prelude::*;

use super::convolve::Convolution;
use super::geometry::Geometry;
use super::values::{Input, Output};
use super::weights::{Packed, Weights};

/// A 1×1 convolution of so many channels to as many as there are filters.
fn convolution(channels_in: usize, weights: &[f32]) -> Convolution {
    pack(1, 1, channels_in, weights.len() / channels_in, weights)
}

/// A depthwise convolution of eight channels.
fn depthwise(side: usize, weights: &[f32]) -> Convolution {
    pack(side, 8, 8, 8, weights)
}

fn pack(side: usize, groups: usize, channels_in: usize, channels_out: usize, weights: &[f32]) -> Convolution {
    let (kernel, [strides, dilations], [pad_before, pad_after]) = ([side; 2], [[1; 2]; 2], [[0; 2]; 2]);
    let geometry = Geometry { kernel, strides, dilations, pad_before, pad_after, groups, channels_in, channels_out };
    let weights = Weights::pack(&geometry, weights);
    let (bias, clamp) = (vec![0.0; channels_out], [f32::NEG_INFINITY, f32::INFINITY]);
    Convolution { geometry, weights, bias, clamp, takes: None, gives: None }
}

/// The output for pixels of an image one pixel high.
fn run(convolution: &Convolution, pixels: &[f32]) -> Vec<f32> {
    let width = pixels.len() / convolution.geometry.channels_in;
    let mut output = vec![f32::NAN; width * convolution.geometry.channels_out];
    convolution.run(Input::Floats(pixels), [1, width], None, &mut Output::Floats(&mut output)).unwrap();
    output
}

fn values(count: usize) -> impl Strategy<Value = Vec<f32>> {
    prop::collection::vec(prop_oneof![Just(1.0f32), Just(-1.0), -1.0f32..1.0], count)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn no_sum_overflows_where_every_product_is_the_largest(
        weights in (1usize..3000).prop_flat_map(values), weight_scale in -20i32..20, input_scale in -20i32..20,
    ) {
        let scaled = |values: &[f32], power| values.iter().map(|value| value * 2f32.powi(power)).collect::<Vec<_>>();
        let inputs: Vec<f32> = weights.iter().map(|weight| weight.signum()).collect();
        let convolution = convolution(weights.len(), &scaled(&weights, weight_scale));
        for sign in [1.0, -1.0] {
            let pixel: Vec<f32> = scaled(&inputs, input_scale).iter().map(|value| value * sign).collect();
            let found = run(&convolution, &pixel)[0] * sign / 2f32.powi(weight_scale + input_scale);
            let exact: f64 = weights.iter().map(|weight| f64::from(weight.abs())).sum();
            prop_assert!((f64::from(found) / exact - 1.0).abs() < 1e-3, "{found} instead of {exact}");
        }
    }

    #[test]
    fn nor_does_that_of_a_depthwise_kernel(side in 1usize..6, weights in values(8 * 25), scale in -20i32..20) {
        let taps = side * side;
        let weights: Vec<f32> = weights[..8 * taps].iter().map(|weight| weight * 2f32.powi(scale)).collect();
        let convolution = depthwise(side, &weights);
        let image: Vec<f32> = (0..8 * taps).map(|at| weights[at % 8 * taps + at / 8].signum()).collect();
        let mut output = [f32::NAN; 8];
        convolution.run(Input::Floats(&image), [side; 2], None, &mut Output::Floats(&mut output)).unwrap();
        for (found, weights) in output.iter().zip(weights.chunks(taps)) {
            let exact: f64 = weights.iter().map(|weight| f64::from(weight.abs())).sum();
            prop_assert!((f64::from(*found) / exact - 1.0).abs() < 1e-3, "{found} instead of {exact}");
        }
    }

    #[test]
    fn weights_of_eight_bits_stay_as_they_are(
        (stored, grouped) in (prop::collection::vec(any::<i8>(), 72), any::<bool>()), scale in 1e-6f32..1.0,
    ) {
        let weights: Vec<f32> = stored.iter().map(|weight| f32::from(*weight) * scale).collect();
        let (groups, channels_in, channels_out) = if grouped { (8, 8, 8) } else { (1, 4, 2) };
        let exact = pack(3, groups, channels_in, channels_out, &weights);
        let scales = vec![scale; channels_out];
        let kept = Convolution { weights: Weights::stored(&exact.geometry, &stored, scales), ..exact.clone() };
        let image: Vec<f32> = (0..9 * channels_in).map(|at| (at as f32).sin()).collect();
        let run = |convolution: &Convolution| {
            let mut output = vec![f32::NAN; channels_out];
            convolution.run(Input::Floats(&image), [3; 2], None, &mut Output::Floats(&mut output)).unwrap();
            output
        };
        for (kept, exact) in run(&kept).iter().zip(run(&exact)) {
            prop_assert!((kept - exact).abs() < 1e-3 * scale * 128.0, "{kept} instead of {exact}");
        }
        let one = Geometry { kernel: [1; 2], groups: 1, channels_in: stored.len(), channels_out: 1, ..exact.geometry };
        let Packed::Dense(quads) = Weights::stored(&one, &stored, vec![scale]).packed else { panic!("depthwise") };
        let packed = quads.iter().flat_map(|quad| quad[0]).take(stored.len());
        prop_assert_eq!(packed.collect::<Vec<_>>(), stored.into_iter().map(i16::from).collect::<Vec<_>>());
    }

    #[test]
    fn an_image_does_not_depend_on_those_it_comes_with(first in values(30), second in values(30), weights in values(60)) {
        let convolution = convolution(10, &weights);
        let second: Vec<f32> = second.iter().map(|value| value * 100.0).collect();
        let mut both = vec![0.0; 36];
        let input = [first.as_slice(), &second].concat();
        convolution.run(Input::Floats(&input), [1, 3], None, &mut Output::Floats(&mut both)).unwrap();
        prop_assert_eq!(both, [run(&convolution, &first), run(&convolution, &second)].concat());
    }
}

#[test]
fn what_is_not_finite_stays_so() {
    let convolution = convolution(9, &[0.5; 9]);
    for strange in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        for at in 0..18 {
            let mut pixels = [1.0; 18];
            pixels[at] = strange;
            assert!(!run(&convolution, &pixels)[at / 9].is_finite(), "{strange} at {at}");
        }
    }
}

#[test]
fn an_image_of_zeros_gives_zeros() {
    assert_eq!(run(&convolution(8, &[0.0; 16]), &[0.0; 16]), [0.0; 4]);
    assert_eq!(run(&convolution(8, &[1.0; 16]), &[0.0; 16]), [0.0; 4]);
    assert_eq!(run(&convolution(8, &[0.0; 16]), &[1.0; 16]), [0.0; 4]);
}
