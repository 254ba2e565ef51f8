// SPDX-License-Identifier: GPL-2.0

//! Static scheduling: one equal part for each worker, and no load balancing.

use core::{
    num::NonZeroU64,
    ops::Range, //
};

use super::{
    plan::{
        at_least_one,
        round_up, //
    },
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
        let share = size / workers;
        let extra = n.min(size % workers);
        let at = range.start.saturating_add(share.wrapping_mul(n));
        round_up(at.saturating_add(extra), self.unit(share)).min(range.end)
    }

    /// Returns of what a boundary is a multiple: alignment shortens a part of `share` indices by
    /// less than `align`, and not to less than `min_chunk`.
    fn unit(&self, share: u64) -> NonZeroU64 {
        let Plan {
            align, min_chunk, ..
        } = self.0;
        match share.saturating_sub(align.get().wrapping_sub(1)) >= min_chunk.get() {
            true => align,
            false => at_least_one(round_up(min_chunk.get(), align)),
        }
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
