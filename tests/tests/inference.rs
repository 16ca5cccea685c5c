//! Features may be computed elsewhere: crops go there, and features come back.

use std::sync::Arc;
use std::time::Duration;

use veritag::assessment::Runner;
use veritag::cli::Setup;
use veritag::commands::start;
use veritag::config;
use veritag::error::Error;
use veritag::inference::{Inference, Inferred};
use veritag::sandbox::Pool;
use veritag_abi::{Role, TensorBatch};
use veritag_tests::{fixture, root};

/// A runner of its own, which happens to compute as the sandbox does.
struct Elsewhere(Arc<Pool>);

impl Inference for Elsewhere {
    fn infer(&self, crops: TensorBatch) -> Result<Inferred, Error> {
        assert_eq!((crops.role, crops.shape.len()), (Role::Crops, 4));
        let by = Runner { name: "elsewhere".into(), engine: "tract".into(), device: None };
        Ok(Inferred { features: self.0.with(|instance| instance.infer(&crops))?, by })
    }
}

#[test]
fn another_runner_gives_the_same_assessment_and_is_named_in_it() {
    let manifest = Some(root().join("manifest.toml"));
    let setup = Setup { manifest, model: None, workers: Some(1), runner: None, ffmpeg: None, ffprobe: None };
    start::start_threads(1);
    let mut scanner = start::scanner(&setup, &config::Runner::default(), 1, 1, Duration::from_secs(60)).unwrap();
    let here = scanner.scan(&fixture("media/portrait.jpg")).assessment;
    scanner.inference = Arc::new(Elsewhere(scanner.pool.clone()));
    let there = scanner.scan(&fixture("media/portrait.jpg")).assessment;
    assert_eq!((here.runner.as_str(), there.runner.as_str()), ("sandbox", "elsewhere"));
    assert_eq!((here.runners.len(), there.runners[0].engine.as_str()), (0, "tract"));
    assert!(here.score.is_some());
    assert_eq!((here.score, here.windows), (there.score, there.windows));
}
