// SPDX-License-Identifier: GPL-2.0

//! Chunks that shrink with what is left: large ones while it does not matter, small ones at the
//! end, where they even out who finishes last.
//!
//! Polychronopoulos and Kuck, "Guided Self-Scheduling", 1987.

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

/// A cursor that moves by a share of what is left.
pub struct Guided {
    next: Atomic<u64>,
    /// A worker's share is what is left divided by this: half of an equal part.
    shares: NonZeroU64,
    plan: Plan,
}

impl HandOut for Guided {
    const NAME: &'static str = "guided";

    fn new(plan: &Plan, _: &[Lane]) -> Self {
        let shares = u64::from(plan.workers).saturating_mul(2);
        Self {
            next: Atomic::new(plan.range.start),
            shares: NonZeroU64::new(shares).unwrap_or(NonZeroU64::MIN),
            plan: plan.clone(),
        }
    }

    #[inline]
    fn take(&self, turn: &mut Turn<'_>, _: &[Lane]) -> Option<Range<u64>> {
        let end = self.plan.range.end;
        // The cursor carries no data, so nothing is ordered by it; each index goes to whoever
        // moved the cursor over it.
        let mut start = self.next.load(Relaxed);
        while start < end {
            let share = end.wrapping_sub(start) / self.shares;
            let size = share.max(self.plan.min_chunk.get());
            let stop = self.plan.end_at(start.saturating_add(size));
            match self.next.cmpxchg(start, stop, Relaxed) {
                Ok(_) => {
                    turn.taken = turn.taken.wrapping_add(1);
                    return Some(start..stop);
                }
                Err(now) => start = now,
            }
        }
        None
    }
}
