// SPDX-License-Identifier: GPL-2.0

//! A worker as chunk policies see it: its number, its statistics, and hints about preemption.

use crate::prelude::*;

/// Whether the vCPU of a worker, by its number, is thought to be preempted.
pub(super) type IsPreempted<'a> = &'a dyn Fn(u32) -> bool;

/// A worker's own state.
pub struct WorkerState<'a> {
    pub(super) index: u32,
    pub(super) taken: u64,
    pub(super) steals: u64,
    pub(super) is_preempted: IsPreempted<'a>,
    /// The worker as a lock sees it.
    pub(super) me: Waiter,
    /// Indices that the worker does in the time that one chunk should take while others may wait
    /// for it; 0 if that is not known.
    pub stride: u64,
    /// Whether the worker's own vCPU lost time lately.
    pub lost_time: bool,
}

impl<'a> WorkerState<'a> {
    /// Creates the state of worker `index`, counted from 0, which takes no vCPU for preempted.
    pub fn new(index: u32) -> Self {
        Self::with_hint(index, &|_| false)
    }

    /// Creates the state of worker `index`, which asks `is_preempted` about other workers.
    pub fn with_hint(index: u32, is_preempted: IsPreempted<'a>) -> Self {
        Self {
            index,
            taken: 0,
            steals: 0,
            is_preempted,
            me: Waiter::default(),
            stride: 0,
            lost_time: false,
        }
    }

    /// Counts `chunk`, and returns it.
    #[inline]
    pub(super) fn takes(&mut self, chunk: Range<u64>) -> Option<Range<u64>> {
        self.taken = self.taken.wrapping_add(1);
        Some(chunk)
    }

    /// Returns how many chunks the worker took.
    pub fn taken(&self) -> u64 {
        self.taken
    }

    /// Returns how often it took them from what another worker's deque held.
    pub fn steals(&self) -> u64 {
        self.steals
    }
}
