// SPDX-License-Identifier: GPL-2.0

//! Cutting a range into chunks that many workers take in turn, one policy per file.

mod busted;
mod guided;
mod padata;
mod parts;
mod plan;

use core::ops::Range;

pub use self::{
    busted::Busted,
    guided::Guided,
    padata::Padata,
    parts::Static,
    plan::Plan, //
};

/// A way to hand out a range.
pub trait HandOut: Sync {
    /// The name under which the policy is selected.
    const NAME: &'static str;

    /// Starts handing out what `plan` describes.
    fn new(plan: &Plan) -> Self;

    /// Takes the next chunk for the worker whose turn it is, or [`None`] if none is left for it.
    fn take(&self, turn: &mut Turn) -> Option<Range<u64>>;
}

/// A worker's own state.
pub struct Turn {
    worker: u32,
    taken: u64,
}

impl Turn {
    /// Begins the turns of `worker`, counted from 0.
    pub fn new(worker: u32) -> Self {
        Self { worker, taken: 0 }
    }

    /// Returns how many chunks the worker took.
    pub fn taken(&self) -> u64 {
        self.taken
    }
}
