//! A PostgreSQL cluster of a test's own.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// Stopped and removed at the end of the test.
pub struct Postgres {
    directory: TempDir,
    pub url: String,
}

impl Postgres {
    pub fn start() -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let sockets = directory.path().to_str().expect("UTF-8").to_owned();
        let this = Self { directory, url: format!("postgres://postgres@localhost/postgres?host={sockets}") };
        if is_root() {
            let given = Command::new("chown").arg("postgres").arg(this.directory.path()).status();
            assert!(given.is_ok_and(|status| status.success()), "the user postgres is missing");
        }
        this.run("initdb", &["--username=postgres", "--auth=trust", "--no-sync"]);
        let options = format!("-c listen_addresses= -c unix_socket_directories={sockets} -c fsync=off");
        let log = this.directory.path().join("log");
        this.run("pg_ctl", &["start", "--wait", "--silent", "-l", log.to_str().expect("UTF-8"), "-o", &options]);
        this
    }

    fn run(&self, program: &str, arguments: &[&str]) -> Output {
        let data = self.directory.path().join("data");
        let mut command = as_postgres(&program_of_debian(program));
        let output = command.current_dir(self.directory.path()).arg("-D").arg(data).args(arguments).output();
        let output = output.unwrap_or_else(|error| panic!("{program}: {error}"));
        assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
        output
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.run("pg_ctl", &["stop", "--mode=immediate", "--silent"]);
    }
}

/// Debian keeps the server's programs off PATH.
fn program_of_debian(name: &str) -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let found = versions.map(|version| version.path().join("bin").join(name)).filter(|path| path.is_file()).max();
    found.unwrap_or_else(|| name.into())
}

/// PostgreSQL does not run as root.
fn as_postgres(program: &Path) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("runuser");
    command.args(["-u", "postgres", "--"]).arg(program);
    command
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n")
}
