//! One face, and what the sandbox makes of it.

use std::sync::LazyLock;
use std::time::Duration;

use veritag::cli::Setup;
use veritag::commands::start;
use veritag::config;
use veritag::inference::{Inference, Inferred, Offload};
use veritag::scan::Scanner;
use veritag_abi::{Analysis, TensorBatch};
use veritag_tests::runner::{Server, other_weights, runner};
use veritag_tests::{MODEL, fixture, root};

use super::TOLERANCE;

pub static FACE: LazyLock<Face> = LazyLock::new(Face::new);

pub struct Face {
    scanner: Scanner,
    crops: TensorBatch,
    wanted: Analysis,
}

impl Face {
    fn new() -> Self {
        let manifest = Some(root().join("manifest.toml"));
        let setup = Setup { manifest, model: None, workers: Some(1), runner: None, ffmpeg: None, ffprobe: None };
        start::start_threads(1);
        let scanner = start::scanner(&setup, &config::Runner::default(), 1, 1, Duration::from_secs(60)).unwrap();
        let crops = scanner.crops(&fixture("media/portrait.jpg")).unwrap().remove(0);
        let features = scanner.pool.infer(crops.clone()).unwrap().features;
        let wanted = scanner.pool.with(|instance| instance.decide(&features)).unwrap();
        Self { scanner, crops, wanted }
    }

    pub fn offload(&self, address: &str, fallback: bool) -> Offload {
        let config = config::Runner { fallback, timeout_s: 3, attempts: 2, ..config::Runner::default() };
        self.offload_as(&config, address)
    }

    pub fn offload_as(&self, config: &config::Runner, address: &str) -> Offload {
        Offload::open(config, &format!("http://{address}/v2/models/{MODEL}"), self.scanner.pool.clone()).unwrap()
    }

    /// The code of the error with which the runner at `url` is refused, though the sandbox may stand in.
    pub fn refused(&self, url: &str) -> &'static str {
        let config = config::Runner { fallback: true, ..config::Runner::default() };
        Offload::open(&config, url, self.scanner.pool.clone()).err().expect("it is refused").code()
    }

    /// The code of the error, or the name of the runner, whose features gave the verdict that is wanted.
    pub fn judge(&self, offload: &Offload) -> Result<String, &'static str> {
        let Inferred { features, by } = offload.infer(self.crops.clone()).map_err(|error| error.code())?;
        let found = self.scanner.pool.with(|instance| instance.decide(&features)).unwrap();
        assert_eq!(found.verdict, self.wanted.verdict);
        let (found, wanted) = (found.score.unwrap(), self.wanted.score.unwrap());
        assert!(f64::from((found - wanted).abs()) <= TOLERANCE, "{found} on {by:?}, {wanted} in the sandbox");
        Ok(by.name.split(' ').next().unwrap().to_owned())
    }
}

/// A runner with other weights, under the same name.
pub fn other() -> (tempfile::TempDir, Server) {
    let directory = tempfile::tempdir().unwrap();
    let bundle = other_weights(directory.path(), MODEL);
    (directory, runner(&["--model", bundle.to_str().unwrap()]))
}
