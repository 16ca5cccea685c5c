//! Features of 20 crops in the sandbox and on `veritag runner`, through the whole client: `tests/bench/run.sh` names bundle and
//! threads, and adds ONNX Runtime in Python. Prints one JSON line with medians in milliseconds and the bytes on the wire:
//! `_ms` of one window that waits for its answer, `_each_ms` of each of many that overlap.

use std::sync::Arc;
use std::thread;
use std::time::Instant;

use veritag::commands::start::start_threads;
use veritag::config;
use veritag::inference::{Inference, Offload};
use veritag::model::Bundle;
use veritag::open_inference::{BUNDLE, CROPS, Data, FEATURES, InferRequest, InferResponse, Tensor};
use veritag::runner::Pixels;
use veritag::sandbox::engine::Cache;
use veritag::sandbox::{PluginManifest, Pool};
use veritag_abi::bundle::SelfTest;
use veritag_abi::{Role, TensorBatch};
use veritag_tests::root;
use veritag_tests::runner::runner;

const FRAMES: usize = 20;
/// Windows under way at a time, as in a service, and all of a run.
const IN_FLIGHT: usize = 4;
const WINDOWS: usize = 12;

/// Median of `repeats` runs after one that warms up, in milliseconds.
fn median(repeats: usize, mut run: impl FnMut()) -> f64 {
    run();
    let mut once = || {
        let begun = Instant::now();
        run();
        begun.elapsed().as_secs_f64() * 1e3
    };
    let mut times: Vec<f64> = (0..repeats).map(|_| once()).collect();
    times.sort_by(f64::total_cmp);
    times[repeats / 2]
}

fn number(name: &str) -> usize {
    std::env::var(name)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or_else(|| panic!("tests/bench/run.sh sets {name}"))
}

/// Bytes of a request and of its answer, without HTTP's own headers.
fn wire(side: usize, width: usize) -> usize {
    let tensor = |name: &str, shape: Vec<usize>, data| Tensor::new(name, shape, data).expect("it fills its shape");
    let crops = tensor(CROPS, vec![FRAMES, 3, side, side], Data::Uint8(vec![0; FRAMES * 3 * side * side]));
    let features = tensor(FEATURES, vec![FRAMES, width], Data::Fp32(vec![0.0; FRAMES * width]));
    let bundle = tensor(BUNDLE, vec![FRAMES, 32], Data::Uint8(vec![0; FRAMES * 32]));
    let request = InferRequest { inputs: vec![crops], binary: true, ..InferRequest::default() };
    let response = InferResponse { outputs: vec![features, bundle], ..InferResponse::default() };
    request.encode(true).bytes.len() + response.encode(|_| true).bytes.len()
}

fn main() {
    let [threads, repeats] = ["VERITAG_BENCH_THREADS", "VERITAG_BENCH_REPEATS"].map(number);
    let directory = std::env::var("VERITAG_BENCH_BUNDLE").expect("tests/bench/run.sh names a bundle");
    start_threads(threads);
    let bundle = Bundle::read(directory.as_ref()).expect("a bundle");
    let (side, pixels, name) = (bundle.spec.input.size, Pixels::of(&bundle.spec.input), bundle.id.name.clone());
    let manifest = PluginManifest::read(&root().join("manifest.toml")).expect("the manifest");
    let pool = Arc::new(Pool::new(manifest, bundle, Cache::of_user(), threads).expect("make plugin"));
    let crops = pixels.normalise(&pixels.nearest(&SelfTest::crops(FRAMES * 3 * side * side)));
    let crops = TensorBatch::new(Role::Crops, vec![FRAMES, 3, side, side], crops, Default::default()).expect("crops");

    let width = pool.infer(crops.slice(0..1)).expect("features").features.shape[1];
    let sandbox = median(repeats, || drop(pool.infer(crops.clone()).expect("features")));
    let server = runner(&["--model", &directory, "--threads", &threads.to_string()]);
    let through = |url: &str| {
        let offload = Offload::open(&config::Runner::default(), url, pool.clone()).expect("a runner");
        let infer = || drop(offload.infer(crops.clone()).expect("features"));
        let flow = || (0..WINDOWS / IN_FLIGHT).for_each(|_| infer());
        let many = || thread::scope(|scope| (0..IN_FLIGHT).for_each(|_| drop(scope.spawn(flow))));
        (median(repeats, infer), median(repeats, many) / WINDOWS as f64)
    };
    let ((http, http_each), (grpc, grpc_each)) = (through(&server.http()), through(&server.grpc()));
    println!(
        "{{\"bundle\": \"{name}\", \"threads\": {threads}, \"sandbox_ms\": {sandbox:.1}, \"http_ms\": {http:.1}, \
         \"http_each_ms\": {http_each:.1}, \"grpc_ms\": {grpc:.1}, \"grpc_each_ms\": {grpc_each:.1}, \"wire_bytes\": {}}}",
        wire(side, width)
    );
}
