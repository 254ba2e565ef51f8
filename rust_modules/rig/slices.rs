// SPDX-License-Identifier: GPL-2.0

//! Slices of a burst, so that a burst of any length keeps preemption off for a bounded time.
//!
//! A burst is so many operations, whatever one takes. It is made in slices of about [`SLICE_NS`], by
//! the time that the operations before took. After each slice the stop flag and the scheduler are
//! heard; the measured loops read no clock.

use core::cell::Cell;

use crate::{
    need_resched,
    prelude::*, //
};

/// Time of a slice: short against a tick, long against the checks after it.
const SLICE_NS: u64 = 100_000;

/// Slices of one thread.
pub struct Slices {
    /// Operations of a slice, and the most.
    size: Cell<u32>,
    most: u32,
}

/// Operations without a preemption point.
pub struct Stretch {
    /// Operations made.
    pub made: u32,
    /// Time that they took.
    pub ns: u64,
    /// Whether the burst is over: all were made, or the run is to stop.
    pub is_last: bool,
}

impl Slices {
    /// Creates slices of `first` operations, later of `most` at most.
    pub fn new(first: u32, most: u32) -> Self {
        Self {
            size: Cell::new(first),
            most,
        }
    }

    /// Makes up to `wanted` operations, until the scheduler asks for the vCPU. `slice` makes up to so
    /// many, and returns how many; 0 ends the burst.
    pub fn stretch(
        &self,
        wanted: u32,
        stop_flag: &StopFlag,
        mut slice: impl FnMut(u32) -> u32,
    ) -> Stretch {
        let (from, mut made) = (now_ns(), 0u32);
        let is_last = loop {
            let left = wanted.saturating_sub(made);
            let did = slice(left.min(self.size.get()));
            made = made.saturating_add(did);
            if did == 0 || made >= wanted || stop_flag.is_raised() {
                break true;
            }
            if need_resched() {
                break false;
            }
        };
        let ns = now_ns().saturating_sub(from);
        self.adapt(made, ns);
        Stretch { made, ns, is_last }
    }

    /// Sets the size of a slice by the time of `made` operations; it at most doubles, since the next
    /// ones may take longer.
    fn adapt(&self, made: u32, ns: u64) {
        let fitting = u64::from(made).saturating_mul(SLICE_NS) / ns.max(1);
        let double = self.size.get().saturating_mul(2).min(self.most);
        let size = u32::try_from(fitting).unwrap_or(u32::MAX).min(double);
        self.size.set(size.max(1));
    }
}
