// SPDX-License-Identifier: GPL-2.0

//! A hand-out that takes a chunk's end for its last index: neighbours share one, and every run
//! must catch it.

use core::{
    num::NonZeroU64,
    ops::Range, //
};

use super::{
    HandOut,
    Lane,
    Plan,
    Turn, //
};
use crate::primitive::{
    Atomic,
    Relaxed, //
};

/// A shared cursor, off by one at every seam.
pub struct Busted {
    next: Atomic<u64>,
    chunk: u64,
    end: u64,
}

impl HandOut for Busted {
    const NAME: &'static str = "busted";

    fn new(plan: &Plan, _: &[Lane]) -> Self {
        let Range { start, end } = plan.range;
        // At least one seam, whenever there is room for one.
        let half = end.wrapping_sub(start) / NonZeroU64::MIN.saturating_add(1);
        Self {
            next: Atomic::new(start),
            chunk: plan.chunk.get().min(half).max(1),
            end,
        }
    }

    #[inline]
    fn take(&self, turn: &mut Turn<'_>, _: &[Lane]) -> Option<Range<u64>> {
        let start = self.next.fetch_add(self.chunk, Relaxed);
        if start >= self.end {
            return None;
        }
        turn.taken = turn.taken.wrapping_add(1);
        let stop = start.saturating_add(self.chunk).saturating_add(1);
        Some(start..stop.min(self.end))
    }
}
