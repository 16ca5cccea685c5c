//! The Extism exports: bytes in, bytes out. The only file that knows Extism.

use std::sync::{Mutex, MutexGuard, PoisonError};

use extism_pdk::{FnResult, WithReturnCode, plugin_fn};
use serde::Serialize;
use veritag_abi::{Chunk, Fault, FrameBatch, Role, TensorBatch};

use crate::plugin::Plugin;

static PLUGIN: Mutex<Option<Plugin>> = Mutex::new(None);

fn with<T>(call: impl FnOnce(&mut Plugin) -> Result<T, Fault>) -> FnResult<T> {
    let mut plugin: MutexGuard<Option<Plugin>> = PLUGIN.lock().unwrap_or_else(PoisonError::into_inner);
    call(plugin.get_or_insert_with(Plugin::default)).map_err(|fault| {
        let code = fault.code();
        WithReturnCode::new(extism_pdk::Error::msg(fault.to_string()), code)
    })
}

fn json(value: &impl Serialize) -> Result<Vec<u8>, Fault> {
    serde_json::to_vec(value).map_err(|e| Fault::Internal(e.to_string()))
}

#[plugin_fn]
pub fn describe() -> FnResult<Vec<u8>> {
    with(|plugin| json(&plugin.describe()))
}

#[plugin_fn]
pub fn load(input: Vec<u8>) -> FnResult<Vec<u8>> {
    with(|plugin| json(&plugin.load(&Chunk::decode(&input)?)?))
}

#[plugin_fn]
pub fn prepare(input: Vec<u8>) -> FnResult<Vec<u8>> {
    with(|plugin| Ok(plugin.prepare(&FrameBatch::decode(&input)?)?.encode()))
}

#[plugin_fn]
pub fn infer(input: Vec<u8>) -> FnResult<Vec<u8>> {
    with(|plugin| Ok(plugin.infer(&TensorBatch::decode(Role::Crops, &input)?)?.encode()))
}

#[plugin_fn]
pub fn decide(input: Vec<u8>) -> FnResult<Vec<u8>> {
    with(|plugin| json(&plugin.decide(&TensorBatch::decode(Role::Features, &input)?)?))
}

#[plugin_fn]
pub fn analyze(input: Vec<u8>) -> FnResult<Vec<u8>> {
    with(|plugin| json(&plugin.analyze(&FrameBatch::decode(&input)?)?))
}
