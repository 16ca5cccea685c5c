//! The one wrapper around every child process.
//!
//! A child has a deadline, bounded output and a bounded tail of stderr, and is killed and reaped however
//! its owner leaves. Its pipes are read by threads, so nothing it does, or that its own children do with
//! the pipes, holds us longer than the deadline.

use super::{
    ToolError,
    tail::{Tail, last_line},
};
use std::{
    env,
    io::{self, Read},
    path::PathBuf,
    process::{Child, Command, ExitStatus, Stdio},
    sync::{
        Arc,
        mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

/// What a child gets to see of our environment, in which there may be secrets.
const ENVIRONMENT: [&str; 9] =
    ["PATH", "HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "TMPDIR", "TEMP", "SYSTEMROOT"];
const CHUNK: usize = 64 << 10;
const CHUNKS_AHEAD: usize = 16;
const POLL: Duration = Duration::from_millis(2);
const LAST_WORDS: Duration = Duration::from_millis(200);

/// A child that runs; reading it reads its standard output. Dropping it kills it.
///
/// `read` gives [`io::ErrorKind::TimedOut`] at the deadline.
pub struct Running {
    child: Child,
    program: String,
    started: Instant,
    deadline: Instant,
    stdout: Receiver<io::Result<Vec<u8>>>,
    chunk: io::Cursor<Vec<u8>>,
    stderr: Arc<Tail>,
    stderr_reader: JoinHandle<()>,
}

/// A child that ended by itself, in time.
pub struct Ended {
    pub status: ExitStatus,
    pub stdout: Vec<u8>,
    /// The last 8 kB.
    pub stderr: String,
}

impl Running {
    /// Starts `command` with the stdin that it has; stdout and stderr are ours.
    ///
    /// # Errors
    /// [`ToolError::Unusable`] when it does not start.
    pub fn start(command: &mut Command, deadline: Instant) -> Result<Self, ToolError> {
        let program = PathBuf::from(command.get_program());
        let name = program.file_name().unwrap_or_default().to_string_lossy().into_owned();
        command.env_clear().envs(ENVIRONMENT.iter().filter_map(|name| Some((name, env::var_os(name)?))));
        let spawned = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let mut child = spawned.map_err(|source| ToolError::Unusable { program, source })?;
        let (send, stdout) = sync_channel(CHUNKS_AHEAD);
        let out = child.stdout.take();
        thread::spawn(move || out.map(|out| forward(out, &send)));
        let stderr = Arc::new(Tail::default());
        let (err, tail) = (child.stderr.take(), Arc::clone(&stderr));
        let stderr_reader = thread::spawn(move || err.into_iter().for_each(|err| tail.keep(err)));
        let (started, chunk) = (Instant::now(), io::Cursor::default());
        Ok(Self { child, program: name, started, deadline, stdout, chunk, stderr, stderr_reader })
    }

    /// Reads everything, at most `max` bytes, and waits for the end.
    ///
    /// # Errors
    /// [`ToolError::Timeout`], or [`ToolError::Failed`] for more than `max` bytes.
    pub fn capture(mut self, max: u64) -> Result<Ended, ToolError> {
        let mut stdout = Vec::new();
        let read = (&mut self).take(max + 1).read_to_end(&mut stdout);
        read.map_err(|e| self.broken(&e))?;
        if stdout.len() as u64 > max {
            return Err(self.failed(&format!("it wrote more than {max} bytes")));
        }
        Ok(Ended { stdout, ..self.finish()? })
    }

    /// Waits for the end.
    ///
    /// # Errors
    /// [`ToolError::Timeout`] when the deadline comes first.
    pub fn finish(mut self) -> Result<Ended, ToolError> {
        loop {
            match self.child.try_wait() {
                Ok(Some(status)) => {
                    return Ok(Ended { status, stdout: Vec::new(), stderr: self.last_words() });
                }
                Ok(None) if Instant::now() >= self.deadline => return Err(self.timeout()),
                Ok(None) => thread::sleep(POLL),
                Err(e) => return Err(self.broken(&e)),
            }
        }
    }

    /// The error for a failed `read` of this child.
    pub fn broken(&self, error: &io::Error) -> ToolError {
        match error.kind() {
            io::ErrorKind::TimedOut => self.timeout(),
            _ => self.failed(&error.to_string()),
        }
    }

    fn failed(&self, why: &str) -> ToolError {
        ToolError::Failed { program: self.program.clone(), why: why.into() }
    }

    fn timeout(&self) -> ToolError {
        let (program, after) = (self.program.clone(), self.started.elapsed());
        ToolError::Timeout { program, after, last_line: last_line(&self.stderr.text()) }
    }

    /// The tail of stderr once its reader has seen the end; a grandchild that holds the pipe is not
    /// waited for.
    fn last_words(&self) -> String {
        let deadline = Instant::now() + LAST_WORDS;
        while !self.stderr_reader.is_finished() && Instant::now() < deadline {
            thread::sleep(POLL);
        }
        self.stderr.text()
    }

    /// False at the end of the output.
    fn next_chunk(&mut self) -> io::Result<bool> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        match self.stdout.recv_timeout(left) {
            Ok(chunk) => self.chunk = io::Cursor::new(chunk?),
            Err(RecvTimeoutError::Timeout) => return Err(io::ErrorKind::TimedOut.into()),
            Err(RecvTimeoutError::Disconnected) => return Ok(false),
        }
        Ok(true)
    }
}

impl Read for Running {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.chunk.read(into)? {
                0 if !into.is_empty() && self.next_chunk()? => {}
                count => return Ok(count),
            }
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stderr.stop();
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Ends at the end of `out`, or when the receiver is gone.
fn forward(mut out: impl Read, send: &SyncSender<io::Result<Vec<u8>>>) {
    loop {
        let mut chunk = vec![0; CHUNK];
        let read = out.read(&mut chunk).map(|count| {
            chunk.truncate(count);
            chunk
        });
        let last = !matches!(&read, Ok(chunk) if !chunk.is_empty());
        if matches!(&read, Ok(chunk) if chunk.is_empty()) || send.send(read).is_err() || last {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str, limit: Duration) -> Running {
        let mut command = Command::new("sh");
        Running::start(command.args(["-c", script]).stdin(Stdio::null()), Instant::now() + limit).unwrap()
    }

    fn is_alive(pid: u32) -> bool {
        std::path::Path::new(&format!("/proc/{pid}")).exists()
    }

    #[test]
    fn children_see_no_more_of_our_environment_than_they_need() {
        let ended = sh("env; echo $PATH", Duration::from_secs(10)).capture(100_000).unwrap();
        let seen = String::from_utf8(ended.stdout).unwrap();
        assert!(!seen.contains("CARGO") && seen.contains("/bin"), "{seen}");
    }

    #[test]
    fn captures_output_and_status() {
        let ended = sh("echo out; echo err >&2; exit 3", Duration::from_secs(10)).capture(100).unwrap();
        assert_eq!((ended.stdout.as_slice(), ended.stderr.as_str()), (&b"out\n"[..], "err\n"));
        assert_eq!(ended.status.code(), Some(3));
    }

    #[test]
    fn kills_and_reaps_one_that_logs_for_ever() {
        let running = sh("while :; do echo no frame >&2; done", Duration::from_millis(300));
        let (pid, started) = (running.child.id(), Instant::now());
        let error = running.capture(100).err().unwrap();
        assert_eq!(error.code(), "ffmpeg-timeout");
        assert!(error.to_string().contains("no frame"), "{error}");
        assert!(started.elapsed() < Duration::from_secs(5) && !is_alive(pid));
    }

    #[test]
    fn does_not_wait_for_a_grandchild_that_holds_the_pipes() {
        let (running, started) = (sh("sleep 30 & sleep 30", Duration::from_millis(300)), Instant::now());
        assert_eq!(running.capture(100).err().unwrap().code(), "ffmpeg-timeout");
        assert!(started.elapsed() < Duration::from_secs(5));
    }

    #[test]
    fn stops_one_that_closes_its_output_and_stays() {
        let running = sh("exec >&- 2>&-; exec sleep 30", Duration::from_millis(300));
        assert_eq!(running.capture(100).err().unwrap().code(), "ffmpeg-timeout");
    }

    #[test]
    fn bounds_the_output() {
        let error = sh("yes", Duration::from_secs(10)).capture(1000).err().unwrap();
        assert_eq!(error.code(), "ffmpeg-failed");
    }

    #[test]
    fn kills_when_dropped() {
        let running = sh("exec sleep 30", Duration::from_secs(60));
        let pid = running.child.id();
        drop(running);
        assert!(!is_alive(pid));
    }
}
