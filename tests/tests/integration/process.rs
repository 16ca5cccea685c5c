//! Programs that run beside a test.

use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use veritag_tests::root;

const PATIENCE: Duration = Duration::from_secs(120);

/// Killed at the end of the test.
pub struct Process(Child);

impl Process {
    /// Starts `command` and waits until something listens at `port`.
    pub fn listening(mut command: Command, port: u16) -> Self {
        let mut child = Self(command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}")));
        until("it listens", || {
            assert!(child.0.try_wait().unwrap().is_none(), "{command:?} has ended");
            TcpStream::connect(("127.0.0.1", port)).is_ok()
        });
        child
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A program of the virtual environment of these tests.
pub fn program(name: &str) -> PathBuf {
    let path = root().join("target/integration/bin").join(name);
    assert!(path.exists(), "{} is not there: run `make test-integration`", path.display());
    path
}

pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).unwrap().port()
}

pub fn until(what: &str, mut come: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !come() {
        assert!(Instant::now() < deadline, "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(250));
    }
}
