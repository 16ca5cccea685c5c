//! `veritag crops`.

use std::ops::ControlFlow;
use std::process::ExitCode;
use std::time::Duration;

use veritag_abi::TensorBatch;

use crate::cli::Crops;
use crate::dataset::{Dataset, Entry};
use crate::error::Error;
use crate::export::pack::Pack;
use veritag::cli::Setup;
use veritag::commands::{SOME_FAILED, progress, start};
use veritag::config::Runner;
use veritag::model::Bundle;
use veritag::scan::parallel::in_order;

/// What became of the assets.
#[derive(Default)]
struct Count {
    assets: usize,
    faces: usize,
    without_face: usize,
    failed: usize,
}

/// # Errors
/// What kept the work from starting, and a pack that cannot be written.
pub fn run(setup: &Setup, options: &Crops) -> Result<ExitCode, Error> {
    let mut assets = Dataset::read(&options.labels)?;
    if let Some(split) = &options.split {
        assets.keep_split(split)?;
    }
    let workers = start::workers(setup);
    start::start_threads(workers);
    let timeout = Duration::from_secs(options.timeout.into());
    let fit = |bundle: Bundle| match (options.size, options.margin) {
        (None, None) => Ok(bundle),
        (size, margin) => bundle.cutting(size.map(usize::from), margin),
    };
    let scanner = start::open(setup, &Runner::default(), workers, options.windows.into(), timeout, fit)?;
    let bundle = scanner.pool.bundle();
    let mut pack = Pack::create(&options.out, bundle.spec.input.clone())?;
    let bar = progress::bar(assets.entries.len());
    let (mut count, mut added) = (Count::default(), Ok(()));
    let look = |asset| (asset, scanner.crops(&assets.resolve(asset)).map_err(Error::from));
    in_order(workers, &assets.entries, look, |(asset, crops)| {
        bar.inc(1);
        added = bar.suspend(|| count.add(&mut pack, asset, crops));
        if added.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    bar.finish_and_clear();
    added?;
    pack.finish(&bundle.id, scanner.frame.window)?;
    let Count { assets, faces, without_face, failed } = count;
    println!(
        "{}: {faces} faces of {assets} assets; {without_face} without a face, {failed} failed",
        options.out.display()
    );
    Ok(if failed > 0 { ExitCode::from(SOME_FAILED) } else { ExitCode::SUCCESS })
}

impl Count {
    fn add(&mut self, pack: &mut Pack, asset: &Entry, crops: Result<Vec<TensorBatch>, Error>) -> Result<(), Error> {
        self.assets += 1;
        let windows = crops.unwrap_or_else(|error| {
            eprintln!("veritag: {}: {error}", error.code());
            self.failed += 1;
            Vec::new()
        });
        let mut faces = 0;
        for crops in &windows {
            faces += pack.add(asset, crops)?;
        }
        self.faces += faces;
        self.without_face += usize::from(faces == 0 && !windows.is_empty());
        Ok(())
    }
}
