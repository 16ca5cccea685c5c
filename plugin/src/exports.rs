//! The Extism exports: bytes in, bytes out. The only file that knows Extism.

use std::sync::{Mutex, MutexGuard, PoisonError};

use extism_pdk::extism::{input_length, input_load_u8, input_load_u64};
use extism_pdk::{FnResult, WithReturnCode, plugin_fn};
use serde::Serialize;
use veritag_abi::{Chunk, Fault, Role, TensorBatch};

use crate::frames::Frames;
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

/// Bytes of the call's input, which lies in the host's memory.
#[allow(unsafe_code)]
fn length() -> usize {
    // SAFETY: the host answers with a number.
    unsafe { input_length() as usize }
}

/// Copies the input from `at` on.
#[allow(unsafe_code)]
fn input(at: usize, out: &mut [u8]) {
    let (words, rest) = out.as_chunks_mut::<8>();
    let odd = at + words.len() * 8;
    // SAFETY: the host gives bytes by value, and zeros beyond the input's end.
    words
        .iter_mut()
        .enumerate()
        .for_each(|(i, word)| *word = unsafe { input_load_u64((at + i * 8) as u64) }.to_le_bytes());
    rest.iter_mut().enumerate().for_each(|(i, byte)| *byte = unsafe { input_load_u8((odd + i) as u64) });
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
pub fn prepare() -> FnResult<Vec<u8>> {
    with(|plugin| Ok(plugin.prepare(&Frames::open(length(), &input)?)?.encode()))
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
pub fn analyze() -> FnResult<Vec<u8>> {
    with(|plugin| json(&plugin.analyze(&Frames::open(length(), &input)?)?))
}

#[plugin_fn]
pub fn explain(input: Vec<u8>) -> FnResult<Vec<u8>> {
    with(|plugin| Ok(plugin.explain(&TensorBatch::decode(Role::Crops, &input)?)?.encode()))
}
