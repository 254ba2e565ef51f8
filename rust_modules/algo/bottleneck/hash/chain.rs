// SPDX-License-Identifier: GPL-2.0

//! The chain of a bucket, which may be followed while it is changed.
//!
//! After `Documentation/RCU/rculist_nulls.rst`: a chain ends in the number of its bucket, so whoever
//! was led to another by an entry that moved there finds out at its end. Entries come in at the
//! front, so one who is led to an earlier place of the right chain misses nothing.
//!
//! An entry's fields are of one piece if its sequence number is even, and the same before and
//! after they were read. They are written with `Release` and read with `Acquire`: whoever has seen
//! a new one then sees the odd number, too.

use crate::primitive::{
    Acquire,
    Atomic,
    Relaxed,
    Release, //
};

/// Set in what ends a chain; the rest is the bucket's number.
const END: u32 = 1 << 31;

/// An entry, alone on its cache line.
#[repr(align(64))]
pub struct Entry {
    seq: Atomic<u32>,
    next: Atomic<u32>,
    key: Atomic<u64>,
    value: Atomic<u64>,
}

impl Entry {
    /// Creates an entry that is in no chain.
    pub fn new() -> Self {
        Self {
            seq: Atomic::new(0),
            next: Atomic::new(END),
            key: Atomic::new(0),
            value: Atomic::new(0),
        }
    }

    /// The key; the caller has the entry, or the lock of its chain.
    #[inline]
    pub(super) fn key(&self) -> u64 {
        self.key.load(Relaxed)
    }

    /// The caller, which has the entry, fills it anew.
    #[inline]
    pub(super) fn fill(&self, key: u64, value: u64) {
        let seq = self.seq.load(Relaxed);
        // Is seen by whoever has seen one of the following: pairs with the loads in `piece`.
        self.seq.store(seq.wrapping_add(1), Relaxed);
        self.key.store(key, Release);
        self.value.store(value, Release);
        // Pairs with the first load in `piece`.
        self.seq.store(seq.wrapping_add(2), Release);
    }

    /// Cuts off what is behind the entry, and returns it: a mistake while others look.
    #[inline]
    pub(super) fn cut(&self) -> u32 {
        let behind = self.next.load(Relaxed);
        self.next.store(u32::MAX, Relaxed);
        behind
    }

    /// Key, value and next as they were at one moment; none if they changed meanwhile.
    #[inline]
    pub(super) fn piece(&self) -> Option<(u64, u64, u32)> {
        // Pairs with the last store of `fill`.
        let seq = self.seq.load(Acquire);
        // These pair with the stores of `fill` and of `Head`.
        let piece = self.torn();
        (seq & 1 == 0 && self.seq.load(Relaxed) == seq).then_some(piece)
    }

    /// The same, of which each may be of another moment.
    #[inline]
    pub(super) fn torn(&self) -> (u64, u64, u32) {
        let (key, value) = (self.key.load(Acquire), self.value.load(Acquire));
        (key, value, self.next.load(Acquire))
    }
}

impl Default for Entry {
    fn default() -> Self {
        Self::new()
    }
}

/// Where a chain begins.
pub struct Head(Atomic<u32>);

impl Head {
    /// Creates an empty chain, that of this bucket.
    pub fn new(bucket: u32) -> Self {
        Self(Atomic::new(END | bucket))
    }

    #[inline]
    pub(super) fn first(&self) -> u32 {
        // Pairs with the release in `push` and in `remove`.
        self.0.load(Acquire)
    }

    /// The holder of the chain's lock puts entry `id` to the front, filled.
    #[inline]
    pub(super) fn push(&self, all: &[Entry], id: u32) {
        if let Some(entry) = entry(all, id) {
            // Pairs with the load in `torn`: who is led here from the chain that the entry was in
            // before sees that it was filled since.
            entry.next.store(self.0.load(Relaxed), Release);
            // Pairs with `first`.
            self.0.store(id, Release);
        }
    }

    /// The holder of the chain's lock takes entry `id` out. The entry itself stays as it is, for
    /// those that are looking at it.
    #[inline]
    pub(super) fn remove(&self, all: &[Entry], id: u32) {
        if let Some(gone) = entry(all, id) {
            self.unlink(all, id, gone.next.load(Relaxed));
        }
    }

    /// The holder of the chain's lock lets what leads to entry `id` lead to `behind` it.
    #[inline]
    pub(super) fn unlink(&self, all: &[Entry], id: u32, behind: u32) {
        let mut at = &self.0;
        for _ in all {
            let next = at.load(Relaxed);
            if next == id {
                // Pairs with `first`, and with the load in `torn`.
                return at.store(behind, Release);
            }
            match entry(all, next) {
                Some(entry) => at = &entry.next,
                None => return,
            }
        }
    }

    /// Who holds the chain's lock, or else risks to be led astray, looks for `key`.
    #[inline]
    pub(super) fn find(&self, all: &[Entry], key: u64) -> Option<u64> {
        let mut at = self.first();
        for _ in all {
            let (its, value, next) = entry(all, at)?.torn();
            if its == key {
                return Some(value);
            }
            at = next;
        }
        None
    }

    /// Counts the entries of the chain, while nobody changes it.
    pub(super) fn len(&self, all: &[Entry]) -> u64 {
        let (mut at, mut len) = (self.first(), 0_u64);
        while let Some(entry) = entry(all, at).filter(|_| len <= all.len() as u64) {
            (at, len) = (entry.torn().2, len.wrapping_add(1));
        }
        len
    }
}

/// Returns the entry of this number; none if it is the end of a chain.
#[inline]
pub(super) fn entry(all: &[Entry], id: u32) -> Option<&Entry> {
    all.get(id as usize)
}

/// Whether this is how the chain of `bucket` ends.
#[inline]
pub(super) fn ends(at: u32, bucket: u32) -> bool {
    at == END | bucket
}

/// Returns the bucket of `key`, one of so many.
#[inline]
pub fn bucket_of(key: u64, buckets: usize) -> u32 {
    // Knuth, "The Art of Computer Programming", vol. 3, 6.4: the golden ratio.
    let mixed = key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
    (mixed.wrapping_mul(buckets as u64) >> 32) as u32
}
