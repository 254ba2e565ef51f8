// SPDX-License-Identifier: GPL-2.0

//! Number of workers and chunk size of a job.
//!
//! After `padata_do_multithreaded()` in `kernel/padata.c`, with zeros taken as ones.

use core::{
    num::NonZeroU64,
    ops::Range, //
};

/// A job's range, workers and chunk size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// All indices of the job.
    pub range: Range<u64>,
    /// Workers worth starting; 1 if the job is empty.
    pub workers: u32,
    /// The size of a chunk, a multiple of `align`.
    pub chunk: NonZeroU64,
    /// Least number of indices worth a chunk.
    pub min_chunk: NonZeroU64,
    /// Chunks end at multiples of this, the last one apart.
    pub align: NonZeroU64,
}

impl Plan {
    /// Plans `size` indices from `start` for at most `max_threads` workers.
    ///
    /// The parameters are those of `struct padata_mt_job`. A range beyond `u64::MAX` ends there.
    pub fn padata(start: u64, size: u64, align: u64, min_chunk: u64, max_threads: u32) -> Self {
        let mut plan = Self {
            range: start..start.saturating_add(size),
            workers: max_threads.max(1),
            chunk: NonZeroU64::MIN,
            min_chunk: at_least_one(min_chunk),
            align: at_least_one(align),
        };
        // `max_threads` is a `u32`, so the smaller of the two is one.
        let works = plan.size() / plan.min_chunk.max(plan.align);
        plan.workers = works.min(u64::from(plan.workers)).max(1) as u32;
        plan.cut(Self::LOAD_BALANCE);
        plan
    }

    /// Chunks per worker on average by padata's rule, for load balancing.
    pub const LOAD_BALANCE: u32 = 4;

    /// Returns how many indices there are.
    #[inline]
    pub fn size(&self) -> u64 {
        self.range.end.saturating_sub(self.range.start)
    }

    /// Makes chunks such that a worker gets `per_worker` on average.
    pub fn cut(&mut self, per_worker: u32) {
        // One worker needs no coordination and takes everything.
        let chunk = match self.workers {
            1 => self.size(),
            workers => {
                self.size() / at_least_one(u64::from(workers).saturating_mul(per_worker.into()))
            }
        };
        self.chunk = at_least_one(round_up(chunk.max(self.min_chunk.get()), self.align));
    }

    /// Returns `index` moved up to where a chunk may end.
    #[inline]
    pub(super) fn end_at(&self, index: u64) -> u64 {
        // Not `clamp()`: it panics where a range ends before it starts.
        round_up(index, self.align)
            .max(self.range.start)
            .min(self.range.end)
    }
}

#[inline]
pub(super) fn at_least_one(n: u64) -> NonZeroU64 {
    NonZeroU64::new(n).unwrap_or(NonZeroU64::MIN)
}

/// Returns the least multiple of `unit` that is not below `n`.
#[inline]
pub(super) fn round_up(n: u64, unit: NonZeroU64) -> u64 {
    match n % unit {
        0 => n,
        over => n.saturating_add(unit.get().wrapping_sub(over)),
    }
}
