//! Where the time goes, as medians and ratios: `infer` of the ResNeXt50 bundle in the sandbox against tract's own kernels
//! there and against native tract on the same part, and the parts of a cold start. `tests/bench/run.sh` adds the peers in Python.

use std::time::Instant;

use tract_onnx::prelude::*;
use veritag::sandbox::engine::{self, Cache};
use veritag::sandbox::{Instance, PluginManifest};
use veritag_abi::bundle::SelfTest;
use veritag_abi::{Role, TensorBatch};
use veritag_tests::root;

const FRAMES: usize = 20;
const REPEATS: usize = 5;

/// Median of five runs after one that warms up, in milliseconds.
fn median(mut run: impl FnMut()) -> f64 {
    run();
    let mut times: Vec<f64> = (0..REPEATS)
        .map(|_| {
            let begun = Instant::now();
            run();
            begun.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[REPEATS / 2]
}

fn once<T>(run: impl FnOnce() -> T) -> (f64, T) {
    let begun = Instant::now();
    let result = run();
    (begun.elapsed().as_secs_f64() * 1e3, result)
}

fn main() {
    let directory = std::env::var_os("VERITAG_BENCH_BUNDLE").expect("tests/bench/run.sh names a bundle");
    let bundle = veritag::model::Bundle::read(directory.as_ref()).expect("a bundle");
    let side = bundle.spec.input.size;
    let crops = SelfTest::crops(FRAMES * 3 * side * side);
    let features = bundle.parts().find(|(name, _)| *name == "features").expect("a part").1.to_vec();

    let manifest = PluginManifest::read(&root().join("manifest.toml")).expect("the manifest");
    let (module, _) = manifest.module().expect("make plugin");
    let cache = tempfile::tempdir().expect("a directory");
    let cache = Cache::at(cache.path());
    let (cold, _) = once(|| engine::compile(&manifest, &module, &cache).expect("a module"));
    let (warm, compiled) = once(|| engine::compile(&manifest, &module, &cache).expect("a module"));
    let (load, instance) = once(|| Instance::start(&compiled, &bundle).expect("a model"));
    let mut instance = instance;

    let batch =
        TensorBatch::new(Role::Crops, vec![FRAMES, 3, side, side], crops.clone(), Default::default()).expect("crops");
    let (first, _) = once(|| instance.infer(&batch.slice(0..1)).expect("features"));
    let sandbox = median(|| drop(instance.infer(&batch).expect("features")));
    let other = std::env::var_os("VERITAG_BENCH_TRACT_KERNELS").expect("tests/bench/run.sh names a module");
    let other = std::fs::read(other).expect("a module");
    let other = engine::compile(&manifest, &other, &cache).expect("a module");
    let mut other = Instance::start(&other, &bundle).expect("a model");
    let tract_kernels = median(|| drop(other.infer(&batch).expect("features")));
    let native = native(&features, &crops, side);
    println!(
        "{{\"module_bytes\": {}, \"compile_ms\": {cold:.0}, \"compile_cached_ms\": {warm:.0}, \"load_ms\": {load:.0}, \
         \"first_frame_ms\": {first:.0}, \"sandbox_ms\": {sandbox:.0}, \"tract_kernels_ms\": {tract_kernels:.0}, \"native_tract_ms\": {native:.0}}}",
        module.len()
    );
}

/// Native tract, one frame at a time, which is its faster way.
fn native(onnx: &[u8], crops: &[f32], side: usize) -> f64 {
    let mut model = tract_onnx::onnx().model_for_read(&mut &onnx[..]).expect("a part");
    model.set_input_fact(0, f32::fact([1, 3, side, side]).into()).expect("one input");
    let plan = model.into_optimized().and_then(|model| model.into_runnable()).expect("a plan");
    median(|| {
        for crop in crops.chunks_exact(3 * side * side) {
            let input = Tensor::from_shape(&[1, 3, side, side], crop).expect("a crop");
            plan.run(tvec!(input.into())).expect("features");
        }
    })
}
