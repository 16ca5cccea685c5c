//! Wrong tokens, so that nobody can try many.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// So many wrong tokens may come from an address within a minute.
const MAX: u32 = 10;
const WITHIN: Duration = Duration::from_secs(60);

/// How many wrong tokens have come from an address since when.
#[derive(Default)]
pub struct Refusals(Mutex<HashMap<IpAddr, (u32, Instant)>>);

impl Refusals {
    pub fn too_many(&self, from: IpAddr) -> bool {
        let refusals = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        refusals.get(&from).is_some_and(|(number, since)| *number >= MAX && since.elapsed() < WITHIN)
    }

    pub fn add(&self, from: IpAddr) {
        let mut refusals = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        refusals.retain(|_, (_, since)| since.elapsed() < WITHIN);
        refusals.entry(from).or_insert((0, Instant::now())).0 += 1;
    }
}
