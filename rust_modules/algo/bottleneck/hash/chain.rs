// SPDX-License-Identifier: GPL-2.0

//! Chain of a bucket, which lookups may follow during updates.
//!
//! After `Documentation/RCU/rculist_nulls.rst`: a chain ends in the number of its bucket, so a
//! lookup that followed a moved entry into another chain notices at the end. Entries are inserted
//! at the front, so a lookup that is led back to an earlier place of its chain misses nothing.
//!
//! The fields of an entry are consistent if its sequence number is even, and the same before and
//! after they were read. They are written with `Release` and read with `Acquire`: a reader of a
//! new field then reads the odd number, too.

use crate::bottleneck::prelude::*;

/// Set in the end of a chain; the other bits are the number of the bucket.
const END: u32 = 1 << 31;

/// An entry, alone on its cache line.
#[repr(align(64))]
pub struct Entry {
    seq: Atomic<u32>,
    next: Atomic<u32>,
    key: Atomic<u64>,
    value: Atomic<u64>,
}

impl Default for Entry {
    fn default() -> Self {
        Self {
            seq: Atomic::new(0),
            next: Atomic::new(END),
            key: Atomic::new(0),
            value: Atomic::new(0),
        }
    }
}

impl Entry {
    /// Returns the key; the caller owns the entry, or holds the lock of its chain.
    #[inline]
    pub(super) fn key(&self) -> u64 {
        self.key.load(Relaxed)
    }

    /// Returns what follows in the chain, whose lock the caller holds.
    #[inline]
    pub(super) fn next(&self) -> u32 {
        self.next.load(Relaxed)
    }

    /// Fills the entry, which the caller owns.
    #[inline]
    pub(super) fn fill(&self, key: u64, value: u64) {
        let seq = self.seq.load(Relaxed);
        // A reader of one of the following reads this, too: pairs with the loads in `piece`.
        self.seq.store(seq.wrapping_add(1), Relaxed);
        self.key.store(key, Release);
        self.value.store(value, Release);
        // Pairs with the first load in `piece`.
        self.seq.store(seq.wrapping_add(2), Release);
    }

    /// Cuts off what follows the entry, and returns it: wrong during lookups.
    #[inline]
    pub(super) fn cut(&self) -> u32 {
        let behind = self.next();
        self.next.store(u32::MAX, Relaxed);
        behind
    }

    /// Returns key, value and next of one moment; `None` if they changed during the call.
    #[inline]
    pub(super) fn piece(&self) -> Option<(u64, u64, u32)> {
        // Pairs with the last store of `fill`.
        let seq = self.seq.load(Acquire);
        // These pair with the stores of `fill` and of `Head`.
        let piece = self.torn();
        (seq & 1 == 0 && self.seq.load(Relaxed) == seq).then_some(piece)
    }

    /// Returns key, value and next, each possibly of another moment.
    #[inline]
    pub(super) fn torn(&self) -> (u64, u64, u32) {
        let (key, value) = (self.key.load(Acquire), self.value.load(Acquire));
        (key, value, self.next.load(Acquire))
    }
}

/// The head of a chain.
pub struct Head(Atomic<u32>);

impl Head {
    /// Creates an empty chain of this bucket.
    pub fn new(bucket: u32) -> Self {
        Self(Atomic::new(END | bucket))
    }

    /// Returns the first entry, or the end.
    #[inline]
    pub(super) fn first(&self) -> u32 {
        // Pairs with the release in `push` and in `unlink`.
        self.0.load(Acquire)
    }

    /// Inserts entry `id`, which is filled, at the front; the caller holds the lock.
    #[inline]
    pub(super) fn push(&self, all: &[Entry], id: u32) {
        if let Some(entry) = all.get(id as usize) {
            // Pairs with the load in `torn`: a lookup that arrives from the previous chain of the
            // entry sees that it was filled since.
            entry.next.store(self.0.load(Relaxed), Release);
            // Pairs with `first`.
            self.0.store(id, Release);
        }
    }

    /// Makes the predecessor of entry `id` point to `behind`; the caller holds the lock.
    #[inline]
    pub(super) fn unlink(&self, all: &[Entry], id: u32, behind: u32) {
        let mut at = &self.0;
        for _ in all {
            let next = at.load(Relaxed);
            if next == id {
                // Pairs with `first`, and with the load in `torn`.
                return at.store(behind, Release);
            }
            match all.get(next as usize) {
                Some(entry) => at = &entry.next,
                None => return,
            }
        }
    }

    /// Searches for `key`. A caller without the lock may be led into another chain.
    #[inline]
    pub(super) fn find(&self, all: &[Entry], key: u64) -> Option<u64> {
        let mut at = self.first();
        for _ in all {
            let (its, value, next) = all.get(at as usize)?.torn();
            if its == key {
                return Some(value);
            }
            at = next;
        }
        None
    }

    /// Counts the entries of the chain, without concurrent updates.
    pub(super) fn len(&self, all: &[Entry]) -> u64 {
        let (mut at, mut len) = (self.first(), 0_u64);
        while let Some(entry) = all.get(at as usize).filter(|_| len <= all.len() as u64) {
            (at, len) = (entry.torn().2, len.wrapping_add(1));
        }
        len
    }
}

/// Returns whether a chain of `bucket` ends in `at`.
#[inline]
pub(super) fn ends(at: u32, bucket: u32) -> bool {
    at == END | bucket
}

/// Returns the bucket of `key`, one of `buckets`.
#[inline]
pub fn bucket_of(key: u64, buckets: usize) -> u32 {
    // Knuth, "The Art of Computer Programming", vol. 3, 6.4: the golden ratio.
    let mixed = key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
    (mixed.wrapping_mul(buckets as u64) >> 32) as u32
}
