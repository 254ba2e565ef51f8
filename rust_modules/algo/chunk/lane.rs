// SPDX-License-Identifier: GPL-2.0

//! A worker's own range, from whose front it takes, and from whose back others steal.
//!
//! The range is one word, two halves of 32 bits: the next grain and the end. Whoever moves either
//! does so by one `cmpxchg` of both, so that a grain leaves a lane exactly once. The word may come
//! back to a value that it had; then it means what it meant, so nothing can go wrong by that.
//! The ranges carry no data and order nothing.

use core::{
    num::NonZeroU64,
    ops::Range, //
};

use super::{
    plan::{
        at_least_one,
        round_up, //
    },
    Plan, //
};
use crate::primitive::{
    Atomic,
    Relaxed, //
};

/// A worker's own range, alone on its cache lines.
#[repr(align(128))]
pub struct Lane(Atomic<u64>);

impl Lane {
    /// Creates an empty lane.
    pub fn new() -> Self {
        Self(Atomic::new(0))
    }

    /// Puts `grains` into the lane, which is empty, so that nobody else writes it.
    #[inline]
    pub(super) fn put(&self, grains: Range<u64>) {
        self.0.store(pack(grains.start, grains.end), Relaxed);
    }

    /// Returns how many grains are left.
    #[inline]
    pub(super) fn left(&self) -> u64 {
        let (next, end) = unpack(self.0.load(Relaxed));
        end.saturating_sub(next)
    }

    /// Takes from the front as many grains of those left as `share` says, but at least one.
    #[inline]
    pub(super) fn front(&self, share: impl Fn(u64) -> u64) -> Option<Range<u64>> {
        let mut word = self.0.load(Relaxed);
        loop {
            let (next, end) = unpack(word);
            let left = end.checked_sub(next).filter(|&left| left > 0)?;
            let middle = next.wrapping_add(share(left).min(left).max(1));
            match self.0.cmpxchg(word, pack(middle, end), Relaxed) {
                Ok(_) => return Some(next..middle),
                Err(now) => word = now,
            }
        }
    }

    /// Takes from the back as many grains of those left as `share` says, but at least one.
    #[inline]
    pub(super) fn back(&self, share: impl Fn(u64) -> u64) -> Option<Range<u64>> {
        let mut word = self.0.load(Relaxed);
        loop {
            let (next, end) = unpack(word);
            let left = end.checked_sub(next).filter(|&left| left > 0)?;
            let middle = end.wrapping_sub(share(left).min(left).max(1));
            match self.0.cmpxchg(word, pack(next, middle), Relaxed) {
                Ok(_) => return Some(middle..end),
                Err(now) => word = now,
            }
        }
    }
}

impl Default for Lane {
    fn default() -> Self {
        Self::new()
    }
}

#[inline]
fn pack(next: u64, end: u64) -> u64 {
    (next << 32) | (end & 0xffff_ffff)
}

#[inline]
fn unpack(word: u64) -> (u64, u64) {
    (word >> 32, word & 0xffff_ffff)
}

/// A range cut into grains, the least that changes hands; few enough to be numbered by 32 bits.
pub(super) struct Grains {
    range: Range<u64>,
    /// The multiple of `size` at which the first grain would begin if it were a whole one.
    base: u64,
    size: NonZeroU64,
    count: u64,
}

impl Grains {
    /// Cuts the range of `plan`, and deals it out to its workers in equal parts.
    pub(super) fn deal(plan: &Plan, lanes: &[Lane]) -> Self {
        let range = plan.range.clone();
        let indices = range.end.wrapping_sub(range.start);
        let least = plan.min_chunk.get().max((indices >> 31).wrapping_add(1));
        let size = at_least_one(round_up(least, plan.align));
        let base = range.start.wrapping_sub(range.start % size);
        let over = range.end.wrapping_sub(base);
        let count = match indices {
            0 => 0,
            _ => (over / size).wrapping_add(u64::from(over % size != 0)),
        };
        let workers = at_least_one(u64::from(plan.workers));
        let seam = |n: u64| count.wrapping_mul(n) / workers;
        for (n, lane) in (0..).zip(lanes).take(plan.workers as usize) {
            let n: u64 = n;
            lane.put(seam(n)..seam(n.wrapping_add(1)));
        }
        Self {
            range,
            base,
            size,
            count,
        }
    }

    /// Returns how many grains `indices` are, at least one.
    #[inline]
    pub(super) fn of(&self, indices: u64) -> u64 {
        (indices / self.size).max(1)
    }

    /// Returns the indices of `grains`.
    #[inline]
    pub(super) fn indices(&self, grains: Range<u64>) -> Range<u64> {
        self.edge(grains.start)..self.edge(grains.end)
    }

    #[inline]
    fn edge(&self, grain: u64) -> u64 {
        match grain {
            0 => self.range.start,
            n if n >= self.count => self.range.end,
            n => self.base.wrapping_add(n.wrapping_mul(self.size.get())),
        }
    }
}
