// SPDX-License-Identifier: GPL-2.0

//! Guided self-scheduling: chunks shrink with the indices that are left. Large chunks cost few
//! updates of the cursor, small ones at the end even out when workers finish.
//!
//! Polychronopoulos and Kuck, "Guided Self-Scheduling", 1987.

use crate::prelude::*;

/// A shared cursor, advanced by a share of what is left.
pub struct Guided {
    next: Atomic<u64>,
    /// A worker's share is what is left divided by this: half of an equal part.
    shares: NonZeroU64,
    plan: Plan,
}

impl ChunkPolicy for Guided {
    fn new(plan: &Plan, _: &[Deque]) -> Self {
        let shares = u64::from(plan.workers).saturating_mul(2);
        Self {
            next: Atomic::new(plan.range.start),
            shares: NonZeroU64::new(shares).unwrap_or(NonZeroU64::MIN),
            plan: plan.clone(),
        }
    }

    #[inline]
    fn take(&self, worker: &mut WorkerState<'_>, _: &[Deque]) -> Option<Range<u64>> {
        let end = self.plan.range.end;
        // The cursor carries no data, so nothing is ordered by it; each index belongs to the worker
        // that moved the cursor over it.
        let mut start = self.next.load(Relaxed);
        while start < end {
            let share = end.wrapping_sub(start) / self.shares;
            let size = share.max(self.plan.min_chunk.get());
            let stop = self.plan.end_at(start.saturating_add(size));
            match self.next.cmpxchg(start, stop, Relaxed) {
                Ok(_) => {
                    return worker.takes(start..stop);
                }
                Err(now) => start = now,
            }
        }
        None
    }
}
