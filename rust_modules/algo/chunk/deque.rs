// SPDX-License-Identifier: GPL-2.0

//! A worker's deque: a range of grains, from whose front it takes and from whose back others steal.
//!
//! The range is one word, two halves of 32 bits: the next grain and the end. Each taker changes both
//! by one `cmpxchg`, so that a grain leaves a deque exactly once. ABA is harmless: a word that comes
//! back to an earlier value means the same range. The ranges carry no data and order nothing.

use super::plan::{
    at_least_one,
    round_up, //
};
use crate::prelude::*;

/// A worker's deque, alone on its cache lines.
#[repr(align(128))]
pub struct Deque(Atomic<u64>);

impl Deque {
    /// Creates an empty deque.
    pub fn new() -> Self {
        Self(Atomic::new(0))
    }

    /// Puts `grains` into the deque, which is empty, so that no other worker writes it.
    #[inline]
    pub(super) fn put(&self, grains: Range<u64>) {
        self.0.store(pack(grains), Relaxed);
    }

    /// Returns how many grains are left.
    #[inline]
    pub(super) fn left(&self) -> u64 {
        let (next, end) = unpack(self.0.load(Relaxed));
        end.saturating_sub(next)
    }

    /// Takes from the front as many of the grains as `share` says, but at least one.
    #[inline]
    pub(super) fn front(&self, share: impl Fn(u64) -> u64) -> Option<Range<u64>> {
        self.take(|next, end| {
            let middle = next.wrapping_add(at_most(end.wrapping_sub(next), &share));
            (next..middle, middle..end)
        })
    }

    /// Takes from the back as many of the grains as `share` says, but at least one.
    #[inline]
    pub(super) fn back(&self, share: impl Fn(u64) -> u64) -> Option<Range<u64>> {
        self.take(|next, end| {
            let middle = end.wrapping_sub(at_most(end.wrapping_sub(next), &share));
            (middle..end, next..middle)
        })
    }

    /// Takes what `split` makes of the grains, and leaves the rest.
    #[inline]
    fn take(&self, split: impl Fn(u64, u64) -> (Range<u64>, Range<u64>)) -> Option<Range<u64>> {
        let mut word = self.0.load(Relaxed);
        loop {
            let (next, end) = unpack(word);
            if next >= end {
                return None;
            }
            let (taken, rest) = split(next, end);
            match self.0.cmpxchg(word, pack(rest), Relaxed) {
                Ok(_) => return Some(taken),
                Err(now) => word = now,
            }
        }
    }
}

/// Returns the share of `left` grains, at least one.
#[inline]
fn at_most(left: u64, share: impl Fn(u64) -> u64) -> u64 {
    share(left).min(left).max(1)
}

#[inline]
fn pack(grains: Range<u64>) -> u64 {
    (grains.start << 32) | (grains.end & 0xffff_ffff)
}

#[inline]
fn unpack(word: u64) -> (u64, u64) {
    (word >> 32, word & 0xffff_ffff)
}

/// A range cut into grains, the units of stealing; few enough to be numbered by 32 bits.
pub(super) struct Grains {
    range: Range<u64>,
    /// The multiple of `size` at which the first grain would begin if it were a whole one.
    base: u64,
    size: NonZeroU64,
    count: u64,
}

impl Grains {
    /// Cuts the range of `plan`, and divides it equally among the deques of its workers.
    pub(super) fn divide(plan: &Plan, deques: &[Deque]) -> Self {
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
        let boundary = |n: u64| count.wrapping_mul(n) / workers;
        for (n, deque) in (0..).zip(deques).take(plan.workers as usize) {
            let n: u64 = n;
            deque.put(boundary(n)..boundary(n.wrapping_add(1)));
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
