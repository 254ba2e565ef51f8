// SPDX-License-Identifier: GPL-2.0

//! What a worker brings along when it asks for a chunk.

use crate::Waiter;

/// Whether the vCPU of a worker, by its number, is thought to have lost its CPU.
pub(super) type Missing<'a> = &'a dyn Fn(u32) -> bool;

/// A worker's own state.
pub struct Turn<'a> {
    pub(super) worker: u32,
    pub(super) taken: u64,
    pub(super) steals: u64,
    pub(super) missing: Missing<'a>,
    /// The worker as a lock sees it.
    pub(super) me: Waiter,
    /// How many indices the worker does in the time that a chunk shall take if others may have to
    /// wait for it; 0 if that is not known.
    pub stride: u64,
    /// Whether the worker's own vCPU lost time lately.
    pub disturbed: bool,
}

impl<'a> Turn<'a> {
    /// Begins the turns of `worker`, counted from 0, where nobody is ever missing.
    pub fn new(worker: u32) -> Self {
        Self::seeing(worker, &|_| false)
    }

    /// Begins the turns of `worker`, which sees by `missing` who is.
    pub fn seeing(worker: u32, missing: Missing<'a>) -> Self {
        Self {
            worker,
            taken: 0,
            steals: 0,
            missing,
            me: Waiter::default(),
            stride: 0,
            disturbed: false,
        }
    }

    /// Returns how many chunks the worker took.
    pub fn taken(&self) -> u64 {
        self.taken
    }

    /// Returns how often it took them from what was meant for another worker.
    pub fn steals(&self) -> u64 {
        self.steals
    }
}
