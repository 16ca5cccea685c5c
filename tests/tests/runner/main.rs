//! Runners: the same scores wherever features are computed, and no verdict changed whatever goes wrong there.

mod face;
mod faults;
mod parity;
mod service;
mod tls;
mod triton;

use std::path::Path;

/// How far scores may lie apart.
const TOLERANCE: f64 = 1e-3;

fn hash_of(bundle: &Path) -> String {
    veritag::model::Bundle::read(bundle).unwrap().id.sha256
}

fn free_ports() -> [u16; 2] {
    let listeners = [(); 2].map(|()| std::net::TcpListener::bind("127.0.0.1:0").unwrap());
    listeners.map(|listener| listener.local_addr().unwrap().port())
}
