// SPDX-License-Identifier: GPL-2.0

//! How often each index was done: exactly once, if the hand-out is right.

use algo::primitive::{
    Atomic,
    Relaxed, //
};
use kernel::{
    alloc::{
        flags::__GFP_NOWARN,
        AllocError, //
    },
    prelude::*, //
};

/// A byte for each index.
pub(crate) struct Coverage {
    first: u64,
    done: VVec<Atomic<u8>>,
    /// Marks that fell outside the range.
    strays: Atomic<u64>,
}

/// How many indices were done how often.
pub(crate) struct Tally {
    pub(crate) once: u64,
    pub(crate) missed: u64,
    pub(crate) repeated: u64,
}

impl Coverage {
    pub(crate) fn new(first: u64, size: usize) -> Result<Self, AllocError> {
        Ok(Self {
            first,
            done: VVec::zeroed(size, GFP_KERNEL | __GFP_NOWARN)?,
            strays: Atomic::new(0),
        })
    }

    /// Marks `index` as done once more.
    #[inline(always)]
    pub(crate) fn mark(&self, index: u64) {
        match self.done.get(index.wrapping_sub(self.first) as usize) {
            // Many times 256 would look like never; no hand-out here repeats that often.
            Some(times) => times.add(1, Relaxed),
            None => self.strays.add(1, Relaxed),
        }
    }

    /// Counts; all have left. An index outside the range counts as repeated: it was nobody's.
    pub(crate) fn tally(&self) -> Tally {
        let (mut once, mut missed) = (0u64, 0u64);
        for times in &self.done {
            match times.load(Relaxed) {
                0 => missed = missed.wrapping_add(1),
                1 => once = once.wrapping_add(1),
                _ => {}
            }
        }
        let inside = self.done.len() as u64;
        let repeated = inside.wrapping_sub(once).wrapping_sub(missed);
        Tally {
            once,
            missed,
            repeated: repeated.saturating_add(self.strays.load(Relaxed)),
        }
    }
}
