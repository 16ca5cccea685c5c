//! Runners: ours, and NVIDIA's Triton.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::{root, veritag};

/// A server that ends with the test.
pub struct Server {
    child: Child,
    /// `HOST:PORT`.
    pub address: String,
    pub model: String,
}

impl Server {
    pub fn http(&self) -> String {
        format!("http://{}/v2/models/{}", self.address, self.model)
    }

    pub fn grpc(&self) -> String {
        format!("grpc://{}/{}", self.address, self.model)
    }

    pub fn kill(&mut self) {
        self.child.kill().expect("it was started here");
        self.child.wait().expect("it was started here");
    }

    /// Asks it to stop, as systemd does, and gives whether it ended well.
    pub fn stop(&mut self) -> bool {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").arg(id).status().expect("kill").success());
        self.child.wait().expect("it was started here").success()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `veritag runner` with `options`, on a free port.
pub fn runner(options: &[&str]) -> Server {
    runner_at("127.0.0.1:0", options)
}

/// The same at `address`.
pub fn runner_at(address: &str, options: &[&str]) -> Server {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut command = veritag();
    command.args(["runner", "--listen", address]).args(options).stdout(Stdio::piped());
    let mut child = command.spawn().expect("veritag");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).expect("its address");
    let (_, url) =
        line.trim().split_once("listening on http://").unwrap_or_else(|| panic!("veritag runner says {line:?}"));
    let (address, model) = url.split_once("/v2/models/").expect("its model");
    Server { child, address: address.into(), model: model.into() }
}

/// Triton on the repository `models`, HTTP and gRPC on ports of their own; `make test-runner` fetches it.
pub fn triton(models: &Path, model: &str, ports: [u16; 2]) -> Server {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let triton = root().join("target/triton");
    let server = triton.join("pytriton/tritonserver");
    assert!(server.is_dir(), "{} is not there: run `make test-runner`", server.display());
    let mut command = Command::new(server.join("bin/tritonserver"));
    command.env("LD_LIBRARY_PATH", triton.join("nvidia_pytriton.libs"));
    command.arg(format!("--model-repository={}", models.display()));
    command.arg(format!("--backend-directory={}", server.join("backends").display()));
    command.args(["--http-address=127.0.0.1", "--grpc-address=127.0.0.1", "--allow-metrics=false", "--log-info=false"]);
    command.args([format!("--http-port={}", ports[0]), format!("--grpc-port={}", ports[1])]);
    let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("tritonserver");
    let server = Server { child, address: format!("127.0.0.1:{}", ports[0]), model: model.into() };
    let ready = || reqwest::blocking::get(format!("{}/ready", server.http())).is_ok_and(|it| it.status().is_success());
    assert!(
        (0..600).any(|_| ready() || {
            std::thread::sleep(Duration::from_millis(100));
            false
        }),
        "Triton did not start"
    );
    server
}

/// A bundle of the default's name with the weights of `lite0-frame`, below `directory`.
pub fn other_weights(directory: &Path, model: &str) -> PathBuf {
    let models = root().join("plugin/model");
    let bundle = directory.join(model);
    let copy = |from: PathBuf, to: PathBuf| {
        std::fs::create_dir_all(to.parent().expect("a directory")).expect("a writable directory");
        std::fs::copy(&from, to).unwrap_or_else(|error| panic!("{}: {error}", from.display()))
    };
    copy(models.join("centerface/centerface.onnx"), directory.join("centerface/centerface.onnx"));
    for part in ["head.onnx", "scope.onnx"] {
        copy(models.join(model).join(part), bundle.join(part));
    }
    copy(models.join("lite0-lstm/features.onnx"), bundle.join("features.onnx"));
    let hash = |name: &str| {
        let text = std::fs::read_to_string(models.join(name).join("model.toml")).expect("a bundle");
        let (_, part) = text.split_once("file = \"features.onnx\"\nsha256 = \"").expect("its part");
        (part[..64].to_owned(), text)
    };
    let ((own, text), (other, _)) = (hash(model), hash("lite0-lstm"));
    std::fs::write(bundle.join("model.toml"), text.replace(&own, &other)).expect("a writable directory");
    bundle
}
