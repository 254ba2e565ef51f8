// SPDX-License-Identifier: GPL-2.0

//! How many workers a job is worth, and how large its chunks are.
//!
//! The rule of `padata_do_multithreaded()` in `kernel/padata.c`, with zeros taken as ones.

use core::{
    num::NonZeroU64,
    ops::Range, //
};

/// Chunks a worker gets on average, in case threads finish at different times.
const LOAD_BALANCE: u64 = 4;

/// A job, cut to size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// All indices of the job.
    pub range: Range<u64>,
    /// Workers that are worth their start; 1 if the job is empty.
    pub workers: u32,
    /// The size of a chunk, a multiple of `align`.
    pub chunk: NonZeroU64,
    /// The least that is worth handing out.
    pub min_chunk: NonZeroU64,
    /// Chunks end at multiples of this, the last one apart.
    pub align: NonZeroU64,
}

impl Plan {
    /// Plans `size` indices from `start` for at most `max_threads` workers.
    ///
    /// The parameters are those of `struct padata_mt_job`. A range beyond `u64::MAX` ends there.
    pub fn padata(start: u64, size: u64, align: u64, min_chunk: u64, max_threads: u32) -> Self {
        let range = start..start.saturating_add(size);
        let size = range.end - range.start;
        let align = at_least_one(align);
        let min_chunk = at_least_one(min_chunk);

        // `max_threads` is a `u32`, so the smaller of the two is one.
        let works = size / min_chunk.max(align);
        let workers = works.clamp(1, u64::from(max_threads.max(1)));

        // One worker needs no coordination and takes everything.
        let chunk = match workers {
            1 => size,
            _ => size / at_least_one(workers.saturating_mul(LOAD_BALANCE)),
        };
        Self {
            workers: workers as u32,
            chunk: at_least_one(round_up(chunk.max(min_chunk.get()), align)),
            min_chunk,
            align,
            range,
        }
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
fn at_least_one(n: u64) -> NonZeroU64 {
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
