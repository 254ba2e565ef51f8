// SPDX-License-Identifier: GPL-2.0

//! A directory entry that walks may read while it is renamed.
//!
//! As `struct dentry`, see `fs/dcache.c`: the parent and the number of moves are consistent if the
//! sequence count is even, and the same before and after they were read. They are written under the
//! entry's lock with `Release`, and read with `Acquire`: a reader of a new one reads the odd count,
//! too.

use crate::bottleneck::prelude::*;

/// A directory or a file. What walks read and what they write are on different cache lines.
#[repr(align(64))]
pub struct Dentry<L> {
    seq: Atomic<u32>,
    parent: Atomic<u32>,
    child: Atomic<u32>,
    moves: Atomic<u64>,
    refs: Refs<L>,
}

#[repr(align(64))]
struct Refs<L> {
    lock: L,
    count: Atomic<i64>,
}

impl<L: Lock> Default for Dentry<L> {
    fn default() -> Self {
        Self {
            seq: Atomic::new(0),
            parent: Atomic::new(u32::MAX),
            child: Atomic::new(u32::MAX),
            moves: Atomic::new(0),
            refs: Refs {
                lock: L::new(),
                count: Atomic::new(0),
            },
        }
    }
}

impl<L: Lock> Dentry<L> {
    /// Runs `body` with the lock held.
    #[inline]
    pub(super) fn with<R>(&self, me: &Waiter, body: impl FnOnce() -> R) -> R {
        self.refs.lock.with(me, body)
    }

    /// Adds `n` references; the caller holds the lock.
    #[inline]
    pub(super) fn count(&self, n: i64) {
        let count = self.refs.count.load(Relaxed);
        self.refs.count.store(count.wrapping_add(n), Relaxed);
    }

    /// Returns the sequence count, unless a rename is under way.
    #[inline]
    pub(super) fn begin(&self) -> Option<u32> {
        // Pairs with the last release in `move_to`.
        Some(self.seq.load(Acquire)).filter(|seq| seq & 1 == 0)
    }

    /// Returns whether it was not renamed since [`begin`](Self::begin).
    #[inline]
    pub(super) fn still(&self, seq: u32) -> bool {
        // What was read before was read with `Acquire`, so this comes after it.
        self.seq.load(Relaxed) == seq
    }

    /// Returns the child.
    #[inline]
    pub(super) fn child(&self) -> u32 {
        // Pairs with the release in `lead_to`.
        self.child.load(Acquire)
    }

    /// Makes `child`, whose lock the caller holds, the child.
    #[inline]
    pub(super) fn lead_to(&self, child: u32) {
        // Pairs with `child`.
        self.child.store(child, Release);
    }

    /// Sets its first place, before any walk.
    pub(super) fn begin_at(&self, parent: u32, child: u32) {
        self.parent.store(parent, Relaxed);
        self.child.store(child, Relaxed);
    }

    /// Returns the references, after all threads have left.
    pub(super) fn refs(&self) -> i64 {
        self.refs.count.load(Relaxed)
    }

    /// Returns the parent and the number of moves: consistent for the holder of the lock, and for a
    /// reader to which it is [`still`](Self::still) there.
    #[inline]
    pub(super) fn place(&self) -> (u32, u64) {
        // Pair with the releases in `move_to`.
        (self.parent.load(Acquire), self.moves.load(Acquire))
    }

    /// Moves it; the caller holds the lock.
    pub(super) fn move_to(&self, parent: u32, moves: u64) {
        let seq = self.seq.load(Relaxed);
        // A reader of one of the following reads this, too: pairs with `place`.
        self.seq.store(seq.wrapping_add(1), Relaxed);
        self.parent.store(parent, Release);
        self.moves.store(moves, Release);
        // Pairs with `begin`.
        self.seq.store(seq.wrapping_add(2), Release);
    }
}
