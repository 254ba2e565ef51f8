// SPDX-License-Identifier: GPL-2.0

//! A hand-out that forgets the last index of each chunk but the last one: every run of two chunks
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

/// A shared cursor whose chunks end one too early.
pub struct Dropping {
    next: Atomic<u64>,
    chunk: u64,
    end: u64,
}

impl HandOut for Dropping {
    const NAME: &'static str = "busted/drops";

    fn new(plan: &Plan, _: &[Lane]) -> Self {
        let Range { start, end } = plan.range;
        // At least one seam, whenever there is room for one.
        let half = end.wrapping_sub(start) / NonZeroU64::MIN.saturating_add(1);
        Self {
            next: Atomic::new(start),
            chunk: plan.chunk.get().min(half).max(2),
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
        match start.saturating_add(self.chunk) {
            stop if stop >= self.end => Some(start..self.end),
            stop => Some(start..stop.wrapping_sub(1)),
        }
    }
}
