//! A full-size checkpoint, ResNeXt50-32x4d + LSTM(2048 → 256) + Linear(2), its weights by the formula of
//! `fixtures/checkpoints/make.py`: 100 MB that nobody has to commit.

use std::collections::HashMap;
use std::path::Path;

use safetensors::tensor::{Dtype, TensorView, serialize_to_file};

/// Writes it to `path` as safetensors.
pub fn write(path: &Path) {
    let bytes: Vec<(String, Vec<usize>, Vec<u8>)> = shapes().into_iter().map(tensor).collect();
    let views = bytes
        .iter()
        .map(|(name, shape, data)| (name, TensorView::new(Dtype::F32, shape.clone(), data).expect("whole tensors")));
    serialize_to_file(views, None::<HashMap<String, String>>, path).expect("a writable directory");
}

fn tensor((name, shape): (String, Vec<usize>)) -> (String, Vec<usize>, Vec<u8>) {
    let (scale, shift) = scale(&name, &shape);
    let seed = name.bytes().fold(2_166_136_261, |hash: u32, byte| (hash ^ u32::from(byte)).wrapping_mul(16_777_619));
    let value = |i: u32| unit(i.wrapping_mul(0x9E37_79B9) ^ seed) * scale + shift;
    let count: usize = shape.iter().product();
    let data = (0..count as u32).flat_map(|i| value(i).to_le_bytes()).collect();
    (name, shape, data)
}

fn unit(mut x: u32) -> f32 {
    x = (x ^ (x >> 16)).wrapping_mul(0x85EB_CA6B);
    x = (x ^ (x >> 13)).wrapping_mul(0xC2B2_AE35);
    ((x ^ (x >> 16)) >> 8) as f32 / (1 << 23) as f32 - 1.0
}

fn scale(name: &str, shape: &[usize]) -> (f32, f32) {
    match name {
        _ if name.starts_with("lstm.weight_ih") => (3.0 / 16.0, 0.0),
        _ if name.starts_with("lstm") => (1.0 / 16.0, 0.0),
        _ if name.starts_with("linear1") => (0.5, 0.0),
        _ if shape.len() == 4 => ((6.0 / shape[1..].iter().product::<usize>() as f64).sqrt() as f32, 0.0),
        _ if name.ends_with("running_var") => (0.2, 1.0),
        _ if name.ends_with("weight") && name.contains("bn3") => ((0.2f64 * 0.35) as f32, 0.35),
        _ if name.ends_with("weight") && name.contains("downsample") => ((0.2f64 * 0.7) as f32, 0.7),
        _ if name.ends_with("weight") => (0.2, 1.0),
        _ => (0.1, 0.0),
    }
}

fn shapes() -> Vec<(String, Vec<usize>)> {
    let mut all = conv("conv1", "bn1", [64, 3, 7, 7]);
    let mut input = 64;
    for (layer, blocks) in (1..).zip([3, 4, 6, 3]) {
        let (width, out) = (64 << layer, 128 << layer);
        for block in 0..blocks {
            let name = |part: &str| format!("layer{layer}.{block}.{part}");
            all.extend(conv(&name("conv1"), &name("bn1"), [width, input, 1, 1]));
            all.extend(conv(&name("conv2"), &name("bn2"), [width, width / 32, 3, 3]));
            all.extend(conv(&name("conv3"), &name("bn3"), [out, width, 1, 1]));
            if block == 0 {
                all.extend(conv(&name("downsample.0"), &name("downsample.1"), [out, input, 1, 1]));
            }
            input = out;
        }
    }
    all.extend(head());
    all
}

fn conv(name: &str, norm: &str, shape: [usize; 4]) -> Vec<(String, Vec<usize>)> {
    let parts =
        ["weight", "bias", "running_mean", "running_var"].map(|part| (format!("{norm}.{part}"), vec![shape[0]]));
    [(format!("{name}.weight"), shape.to_vec())].into_iter().chain(parts).collect()
}

fn head() -> Vec<(String, Vec<usize>)> {
    let owned = |(name, shape): (&str, &[usize])| (name.to_owned(), shape.to_vec());
    let parts: [(&str, &[usize]); 6] = [
        ("lstm.weight_ih_l0", &[1024, 2048]),
        ("lstm.weight_hh_l0", &[1024, 256]),
        ("lstm.bias_ih_l0", &[1024]),
        ("lstm.bias_hh_l0", &[1024]),
        ("linear1.weight", &[2, 256]),
        ("linear1.bias", &[2]),
    ];
    parts.map(owned).into()
}
