// SPDX-License-Identifier: GPL-2.0

//! A cursor that workers move by one atomic addition: padata's chunks without its spinlock.

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

/// The number of the next chunk.
pub struct Cursor {
    next: Atomic<u64>,
    range: Range<u64>,
    /// The multiple of `chunk` at which the first chunk would begin if it were a whole one.
    base: u64,
    chunk: NonZeroU64,
}

impl HandOut for Cursor {
    const NAME: &'static str = "cursor";

    fn new(plan: &Plan, _: &[Lane]) -> Self {
        let range = plan.range.clone();
        Self {
            next: Atomic::new(0),
            base: range.start.wrapping_sub(range.start % plan.chunk),
            chunk: plan.chunk,
            range,
        }
    }

    #[inline]
    fn take(&self, turn: &mut Turn<'_>, _: &[Lane]) -> Option<Range<u64>> {
        // A number goes to whoever drew it; it carries no data, so nothing is ordered. Workers
        // draw some numbers beyond the end, never so many that it wraps.
        let n = self.next.fetch_add(1, Relaxed);
        let chunk = self.chunk.get();
        let from = self.base.saturating_add(n.saturating_mul(chunk));
        let to = from.saturating_add(chunk).min(self.range.end);
        let from = from.max(self.range.start);
        if from >= to {
            return None;
        }
        turn.taken = turn.taken.wrapping_add(1);
        Some(from..to)
    }
}
