//! The Extism exports: `push` takes the asset in chunks, `read` says what its credentials are.

use std::sync::{Mutex, MutexGuard, PoisonError};

use extism_pdk::{FnResult, WithReturnCode, plugin_fn};
use veritag_abi::credentials::Request;
use veritag_abi::{Chunk, Fault};

use crate::verify::verify;

/// What has arrived of the asset.
static ASSET: Mutex<Vec<u8>> = Mutex::new(Vec::new());

fn asset() -> MutexGuard<'static, Vec<u8>> {
    ASSET.lock().unwrap_or_else(PoisonError::into_inner)
}

fn answer(outcome: Result<Vec<u8>, Fault>) -> FnResult<Vec<u8>> {
    outcome.map_err(|fault| {
        let code = fault.code();
        WithReturnCode::new(extism_pdk::Error::msg(fault.to_string()), code)
    })
}

fn take(input: &[u8]) -> Result<Vec<u8>, Fault> {
    let (chunk, mut asset) = (Chunk::decode(input)?, asset());
    if chunk.offset != asset.len() as u64 {
        return Err(Fault::Rejected(format!("chunk at {} does not follow {}", chunk.offset, asset.len())));
    }
    if asset.is_empty() {
        asset.reserve_exact(chunk.total as usize);
    }
    asset.extend_from_slice(chunk.bytes);
    Ok(vec![])
}

#[plugin_fn]
pub fn push(input: Vec<u8>) -> FnResult<Vec<u8>> {
    answer(take(&input))
}

#[plugin_fn]
pub fn read(input: Vec<u8>) -> FnResult<Vec<u8>> {
    answer(Request::decode(&input).and_then(|request| Ok(verify(&asset(), request)?.encode())))
}
