// SPDX-License-Identifier: GPL-2.0

//! Unique numbers, given out in a batch to each vCPU.
//!
//! After `get_next_ino()` in `fs/inode.c`, Dumazet's per-CPU inode numbers, which Piggin's
//! "Scaling the Linux VFS", LinuxCon 2009, lists next to `iunique()`.
//!
//! The word of a vCPU is the next number of its batch; at the end of a batch, a multiple of the
//! batch's size, it takes another. A batch is given out once, and a number of it is taken by a
//! compare-and-exchange of a word that is in one place only: so none comes twice, whatever is
//! interrupted or moved. May be used in any context. What is never given out: the rest of each
//! vCPU's batch, and of those batches that a task and its interrupt fetched at once.

use crate::prelude::*;

/// Numbers from 0 on.
pub struct BatchedIds {
    /// The first number of the next batch.
    central: Atomic<u64>,
    /// Numbers that are left out since two fetched a batch for the same vCPU at once.
    lost: Atomic<u64>,
    /// The batch's size less 1: it is a power of two.
    mask: u64,
    words: PerVcpu,
}

impl BatchedIds {
    /// Creates it, with batches of `batch` rounded up to a power of two.
    pub fn new(words: PerVcpu, batch: u32) -> Self {
        let size = u64::from(batch).checked_next_power_of_two().unwrap_or(1);
        Self {
            central: Atomic::new(0),
            lost: Atomic::new(0),
            mask: size.wrapping_sub(1),
            words,
        }
    }

    /// Returns a number that was never returned before.
    #[inline(always)]
    pub fn next(&self) -> u64 {
        let mine = self.words.mine();
        loop {
            let next = mine.get();
            if next as u64 & self.mask == 0 {
                return self.next_batch(next);
            }
            // No order is needed: a number is just a number.
            if mine.cmpxchg(next, next.wrapping_add(1), Relaxed).is_ok() {
                return next as u64;
            }
        }
    }

    /// Fetches a batch, takes its first number, and leaves the rest to this vCPU if it still is
    /// where it was.
    #[cold]
    #[inline(never)]
    fn next_batch(&self, end: i64) -> u64 {
        let first = self.central.fetch_add(self.mask.wrapping_add(1), Relaxed);
        let rest = first.wrapping_add(1) as i64;
        if self.mask != 0 && self.words.mine().cmpxchg(end, rest, Relaxed).is_err() {
            self.lost.fetch_add(self.mask, Relaxed);
        }
        first
    }

    /// Returns the numbers below the highest that each vCPU has left; exact while none is given
    /// out, and without those that were [`lost`](Self::lost).
    pub fn rests(&self) -> impl Iterator<Item = Range<u64>> + '_ {
        (0..self.words.vcpus()).map(|vcpu| {
            let next = self.words.of(vcpu) as u64;
            let left = next.wrapping_neg() & self.mask;
            next..next.saturating_add(left)
        })
    }

    /// Returns how many numbers below the highest were not given out; exact while none is.
    pub fn gaps(&self) -> u64 {
        let rests = self.rests().map(|rest| rest.end.wrapping_sub(rest.start));
        rests.fold(self.lost(), u64::wrapping_add)
    }

    /// Returns how many were left out since two fetched a batch at once.
    pub fn lost(&self) -> u64 {
        self.lost.load(Relaxed)
    }

    /// Returns how many gaps there may be, besides [`lost`](Self::lost).
    pub fn bound(&self) -> u64 {
        u64::from(self.words.vcpus()).saturating_mul(self.mask)
    }

    /// Returns how many numbers were given out; exact while none is.
    pub fn issued(&self) -> u64 {
        self.central.load(Relaxed).wrapping_sub(self.gaps())
    }
}

impl Counter for BatchedIds {
    /// Takes one number, whatever `n` is.
    #[inline(always)]
    fn add(&self, _: i64) {
        keep(self.next() as i64);
    }

    #[inline(always)]
    fn read(&self) -> i64 {
        self.central.load(Relaxed) as i64
    }
}
