// SPDX-License-Identifier: GPL-2.0

//! Counters, from wrong to sloppy, one per file.

mod busted;
mod exact;
mod lane;
mod sloppy;

pub use self::{
    busted::Busted,
    exact::Exact,
    lane::Lane,
    sloppy::Sloppy, //
};

/// A counter that many threads add to.
pub trait Counter: Sync {
    /// The name under which the counter is selected.
    const NAME: &'static str;

    /// Adds `n`, which may be negative, from the thread that owns `lane`.
    fn add(&self, lane: &Lane, n: i64);

    /// Returns the count without looking at any lane. Cheap; how far it may be off is the
    /// counter's own promise.
    fn read(&self) -> i64;
}
