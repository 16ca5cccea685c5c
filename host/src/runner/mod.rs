//! Client of a runner: a server of the Open Inference Protocol that computes features, on a GPU or with another engine.
//! It gets crops of faces as pixels, never media, and is believed nothing: whose weights it has and what it answers is
//! checked.

mod address;
mod admission;
mod answer;
mod batch;
mod breaker;
mod error;
mod grpc;
mod http;
mod pixels;
mod settings;
mod transport;

use std::sync::mpsc::channel;
use std::thread;

use tokio::sync::mpsc;
use veritag_abi::{Role, TensorBatch};

pub use admission::KnownAnswer;
pub use error::RunnerError;
pub use pixels::Pixels;

use crate::assessment::Runner as Facts;
use crate::config;
use address::Address;
use batch::{Dispatcher, Piece, Task};
use breaker::Breaker;
use settings::Settings;
use transport::Transport;

/// # Errors
/// [`RunnerError`] when the address, the token or the certificate is of no use.
pub fn check(config: &config::Runner) -> Result<(), RunnerError> {
    let Some(url) = &config.url else { return Ok(()) };
    Settings::new(config, Address::parse(url)?).map(drop)
}

/// A runner, which a thread of its own speaks to.
pub struct Runner {
    tasks: mpsc::UnboundedSender<Task>,
    address: Address,
    pixels: Pixels,
    max_batch: usize,
}

impl Runner {
    /// The runner that `config` names, which is believed once it gives `known`. Nothing is sent yet.
    ///
    /// # Errors
    /// [`RunnerError`] when the address, the token or the certificate is of no use.
    pub fn new(config: &config::Runner, url: &str, known: KnownAnswer) -> Result<Self, RunnerError> {
        let address = Address::parse(url)?;
        let settings = Settings::new(config, address.clone())?;
        let pixels = known.pixels.clone();
        let (tasks, waiting) = mpsc::unbounded_channel();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| RunnerError::unreachable(&address, &error))?;
        let transport = {
            let _inside = runtime.enter();
            Transport::new(settings)
        };
        let transport = match transport {
            Ok(transport) => transport,
            Err(error) => {
                // A service calls this from a runtime of its own, in which no other may be dropped as values are.
                runtime.shutdown_background();
                return Err(error.into());
            }
        };
        let dispatcher = Dispatcher::new(config, waiting, Breaker::new(transport, known, config.attempts.into()));
        let run = move || runtime.block_on(dispatcher.run());
        thread::Builder::new().name("runner".into()).spawn(run).expect("a thread");
        Ok(Self { tasks, address, pixels, max_batch: config.max_batch.into() })
    }

    /// Whether it is the one that is wanted, and what it says of itself.
    ///
    /// # Errors
    /// [`RunnerError`] when it is not, or cannot be asked.
    pub fn ready(&self) -> Result<Facts, RunnerError> {
        let (reply, answer) = channel();
        self.tasks.send(Task::Ready(reply)).map_err(|_| self.gone())?;
        answer.recv().map_err(|_| self.gone())?
    }

    /// The features of `crops` `[rows, 3, side, side]`: f32 `[rows, width]`, with what was seen in them.
    ///
    /// # Errors
    /// [`RunnerError`] once nothing that may be tried again is left to try.
    pub fn infer(&self, crops: &TensorBatch) -> Result<(TensorBatch, Facts), RunnerError> {
        let pixels = self.pixels.exactly(&crops.data)?;
        let row = pixels.len().checked_div(crops.rows()).unwrap_or(0);
        let send = |pixels: &[u8]| {
            let (reply, answer) = channel();
            let piece = Piece { rows: pixels.len() / row, pixels: pixels.to_vec(), reply };
            self.tasks.send(Task::Infer(piece)).map(|()| answer).map_err(|_| self.gone())
        };
        let answers = pixels.chunks(self.max_batch * row.max(1)).map(send).collect::<Result<Vec<_>, _>>()?;
        let (mut data, mut facts) = (Vec::new(), None);
        for answer in answers {
            let (features, by) = answer.recv().map_err(|_| self.gone())??;
            data.extend(features);
            facts = Some(by);
        }
        let facts = facts.map_or_else(|| self.ready(), Ok)?;
        let shape = vec![crops.rows(), data.len().checked_div(crops.rows()).unwrap_or(0)];
        let features = TensorBatch::new(Role::Features, shape, data, crops.seen.clone());
        features.map(|features| (features, facts)).map_err(|fault| RunnerError::bad_answer(&self.address, fault))
    }

    /// The thread has ended, which only a bug can make it.
    fn gone(&self) -> RunnerError {
        RunnerError::unreachable(&self.address, &"its client has stopped")
    }
}
