// SPDX-License-Identifier: GPL-2.0

//! Static scheduling: one equal part for each worker, and no load balancing.

use core::{
    num::NonZeroU64,
    ops::Range, //
};

use super::{
    ChunkPolicy,
    Deque,
    Plan,
    WorkerState, //
};

/// The range, divided once.
pub struct Static(Plan);

impl Static {
    /// Returns where the part of worker `n` begins and that of worker `n - 1` ends.
    fn boundary(&self, n: u64) -> u64 {
        let Plan { range, workers, .. } = &self.0;
        let size = range.end.wrapping_sub(range.start);
        let workers = NonZeroU64::new(u64::from(*workers)).unwrap_or(NonZeroU64::MIN);
        // The first `size % workers` parts are one larger.
        let whole = (size / workers).wrapping_mul(n);
        let extra = n.min(size % workers);
        self.0
            .end_at(range.start.saturating_add(whole).saturating_add(extra))
    }
}

impl ChunkPolicy for Static {
    fn new(plan: &Plan, _: &[Deque]) -> Self {
        Self(plan.clone())
    }

    #[inline]
    fn take(&self, worker: &mut WorkerState<'_>, _: &[Deque]) -> Option<Range<u64>> {
        if worker.taken > 0 {
            return None;
        }
        let n = u64::from(worker.index);
        // The first part begins at the start and the last one ends at the end, aligned or not.
        let start = match n {
            0 => self.0.range.start,
            _ => self.boundary(n),
        };
        let end = match n.wrapping_add(1) {
            next if next >= u64::from(self.0.workers) => self.0.range.end,
            next => self.boundary(next),
        };
        if worker.index >= self.0.workers || start >= end {
            return None;
        }
        worker.taken = 1;
        Some(start..end)
    }
}
