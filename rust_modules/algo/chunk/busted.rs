// SPDX-License-Identifier: GPL-2.0

//! Two policies with wrong chunk boundaries, which every run of two chunks must catch.

use crate::prelude::*;

/// A shared cursor whose chunks are `EXTRA` indices too long, or too short if that is negative.
pub struct WrongEnd<const EXTRA: i64> {
    next: Atomic<u64>,
    chunk: u64,
    end: u64,
}

/// Neighbouring chunks share an index.
pub type Busted = WrongEnd<1>;
/// Each chunk but the last one omits its last index.
pub type Dropping = WrongEnd<-1>;

impl<const EXTRA: i64> ChunkPolicy for WrongEnd<EXTRA> {
    fn new(plan: &Plan, _: &[Deque]) -> Self {
        let Range { start, end } = plan.range;
        // At least one boundary between two chunks, whenever there is room for one.
        let half = end.wrapping_sub(start) / NonZeroU64::MIN.saturating_add(1);
        let least = if EXTRA < 0 { 2 } else { 1 };
        Self {
            next: Atomic::new(start),
            chunk: plan.chunk.get().min(half).max(least),
            end,
        }
    }

    #[inline]
    fn take(&self, worker: &mut WorkerState<'_>, _: &[Deque]) -> Option<Range<u64>> {
        let start = self.next.fetch_add(self.chunk, Relaxed);
        if start >= self.end {
            return None;
        }
        let stop = match start.saturating_add(self.chunk) {
            last if last >= self.end => self.end,
            stop => stop.saturating_add_signed(EXTRA).min(self.end),
        };
        worker.takes(start..stop)
    }
}
