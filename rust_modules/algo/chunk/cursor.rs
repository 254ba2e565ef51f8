// SPDX-License-Identifier: GPL-2.0

//! Dynamic scheduling by a shared cursor, which workers advance by one atomic addition: the chunks of
//! `padata` without its spinlock.

use crate::prelude::*;

/// A shared counter of chunks.
pub struct Cursor {
    next: Atomic<u64>,
    range: Range<u64>,
    /// The multiple of `chunk` at which the first chunk would begin if it were a whole one.
    base: u64,
    chunk: NonZeroU64,
}

impl ChunkPolicy for Cursor {
    fn new(plan: &Plan, _: &[Deque]) -> Self {
        let range = plan.range.clone();
        Self {
            next: Atomic::new(0),
            base: range.start.wrapping_sub(range.start % plan.chunk),
            chunk: plan.chunk,
            range,
        }
    }

    #[inline]
    fn take(&self, worker: &mut WorkerState<'_>, _: &[Deque]) -> Option<Range<u64>> {
        // Each worker draws its own number; it carries no data, so nothing is ordered. Workers draw
        // some numbers beyond the end, never so many that the counter wraps.
        let n = self.next.fetch_add(1, Relaxed);
        let chunk = self.chunk.get();
        let from = self.base.saturating_add(n.saturating_mul(chunk));
        let to = from.saturating_add(chunk).min(self.range.end);
        let from = from.max(self.range.start);
        if from >= to {
            return None;
        }
        worker.takes(from..to)
    }
}
