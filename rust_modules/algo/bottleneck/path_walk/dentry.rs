// SPDX-License-Identifier: GPL-2.0

//! A directory, which may be looked at while it is moved.
//!
//! As in `struct dentry`, see `fs/dcache.c`: parent, and how often it has moved, are of one piece if
//! the sequence count is even and the same before and after they were read. They are written under
//! the directory's lock and with `Release`, and read with `Acquire`: whoever has seen a new one
//! sees the odd count, too.

use crate::{
    lock::Lock,
    primitive::{
        Acquire,
        Atomic,
        Relaxed,
        Release, //
    },
    Waiter, //
};

/// A directory or a file. What walks read is on another cache line than what they write.
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

impl<L: Lock> Dentry<L> {
    /// Creates one that is nowhere yet.
    pub fn new() -> Self {
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

    #[inline]
    pub(super) fn with<R>(&self, me: &Waiter, body: impl FnOnce() -> R) -> R {
        self.refs.lock.with(me, body)
    }

    /// The holder of the lock adds to the references.
    #[inline]
    pub(super) fn count(&self, n: i64) {
        let count = self.refs.count.load(Relaxed);
        self.refs.count.store(count.wrapping_add(n), Relaxed);
    }

    /// The sequence count, if nobody is moving it.
    #[inline]
    pub(super) fn begin(&self) -> Option<u32> {
        // Pairs with the last release in `move_to`.
        Some(self.seq.load(Acquire)).filter(|seq| seq & 1 == 0)
    }

    /// Whether nobody has moved it since [`begin`](Self::begin).
    #[inline]
    pub(super) fn still(&self, seq: u32) -> bool {
        // What was read before was read with `Acquire`, so this comes after it.
        self.seq.load(Relaxed) == seq
    }

    #[inline]
    pub(super) fn child(&self) -> u32 {
        // Pairs with the release in `lead_to`.
        self.child.load(Acquire)
    }

    /// The holder of the lock of `child` says that this is its parent from now on.
    #[inline]
    pub(super) fn lead_to(&self, child: u32) {
        // Pairs with `child`.
        self.child.store(child, Release);
    }

    /// Puts it where it is at first, before anybody walks.
    pub(super) fn begin_at(&self, parent: u32, child: u32) {
        self.parent.store(parent, Relaxed);
        self.child.store(child, Relaxed);
    }

    /// The references, once all threads have left.
    pub(super) fn refs(&self) -> i64 {
        self.refs.count.load(Relaxed)
    }

    /// Where it is, and how often it has moved: of one piece for the holder of the lock, and for
    /// whoever sees that it is [`still`](Self::still) there.
    #[inline]
    pub(super) fn place(&self) -> (u32, u64) {
        // Pair with the releases in `move_to`.
        (self.parent.load(Acquire), self.moves.load(Acquire))
    }

    /// The holder of the lock moves it.
    pub(super) fn move_to(&self, parent: u32, moves: u64) {
        let seq = self.seq.load(Relaxed);
        // Is seen by whoever has seen one of the following: pairs with `place`.
        self.seq.store(seq.wrapping_add(1), Relaxed);
        self.parent.store(parent, Release);
        self.moves.store(moves, Release);
        // Pairs with `begin`.
        self.seq.store(seq.wrapping_add(2), Release);
    }
}

impl<L: Lock> Default for Dentry<L> {
    fn default() -> Self {
        Self::new()
    }
}
