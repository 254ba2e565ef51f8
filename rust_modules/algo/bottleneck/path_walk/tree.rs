// SPDX-License-Identifier: GPL-2.0

//! Two working directories, and below each a chain of directories that may change places.
//!
//! ```text
//!   level   0 ──▶ 1 ──▶ 2 ─┐ ┌▶ 3 ──▶ files      the directories 3 have been renamed once: what
//!           0 ──▶ 1 ──▶ 2 ─┘─└▶ 3 ──▶ files      was below one is below the other
//! ```
//! A rename exchanges the two directories of a level, as `RENAME_EXCHANGE` does; so each path leads
//! somewhere at each moment. The levels are renamed in turn, which [`Trail`](super::Trail) relies on.
//!
//! As in `struct dentry`, see `fs/dcache.c`: parent, and how often it has moved, are of one piece if
//! the sequence count is even and the same before and after they were read. They are written under
//! the directory's lock and with `Release`, and read with `Acquire`: whoever has seen a new one
//! sees the odd count, too.

use core::ops::Deref;

use crate::{
    lock::Lock,
    primitive::{
        cpu_relax,
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
        // Pairs with the release in `Tree::rename`.
        self.child.load(Acquire)
    }

    /// Where it is, and how often it has moved: of one piece for the holder of the lock, and for
    /// whoever sees that it is [`still`](Self::still) there.
    #[inline]
    pub(super) fn place(&self) -> (u32, u64) {
        // Pair with the releases in `move_to`.
        (self.parent.load(Acquire), self.moves.load(Acquire))
    }

    /// The holder of the lock moves it.
    fn move_to(&self, parent: u32, moves: u64) {
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

/// The directories and files.
pub struct Tree<L, S> {
    all: S,
    depth: u32,
    renaming: L,
    /// Renames that are over; written by the holder of `renaming`.
    renames: Atomic<u64>,
    /// The level that is renamed next; read and written by the holder.
    next: Atomic<u32>,
}

impl<L: Lock, S: Deref<Target = [Dentry<L>]>> Tree<L, S> {
    /// Creates a tree of paths with `depth` components, files included; `all` are new, and
    /// [`dentries`] many.
    pub fn new(all: S, depth: u32) -> Self {
        let files = depth.saturating_mul(2);
        for (id, dentry) in (0_u32..).zip(all.iter()) {
            let parent = match id {
                0 | 1 => u32::MAX,
                _ if id < files => id.wrapping_sub(2),
                _ => files.wrapping_sub(2) | (id & 1),
            };
            dentry.parent.store(parent, Relaxed);
            dentry.child.store(id.wrapping_add(2), Relaxed);
        }
        Self {
            all,
            depth,
            renaming: L::new(),
            renames: Atomic::new(0),
            next: Atomic::new(1),
        }
    }

    /// Levels of directories, the working directories' included.
    #[inline]
    pub(super) fn depth(&self) -> u32 {
        self.depth
    }

    #[inline]
    pub(super) fn get(&self, id: u32) -> Option<&Dentry<L>> {
        self.all.get(id as usize)
    }

    /// The number of somebody's file below a directory of the last level.
    #[inline]
    pub(super) fn file(&self, directory: u32, whose: u32) -> u32 {
        let nth = self.depth.wrapping_add(whose);
        nth.wrapping_mul(2) | (directory & 1)
    }

    /// Renames that are over.
    #[inline]
    pub(super) fn renames(&self) -> u64 {
        // Pairs with the release in `rename`.
        self.renames.load(Acquire)
    }

    /// Gives up a reference.
    #[inline]
    pub fn put(&self, id: u32, me: &Waiter) {
        if let Some(dentry) = self.get(id) {
            dentry.with(me, || dentry.count(-1));
        }
    }

    /// Looks up what is below `parent` at this moment, with a reference; returns that, and how
    /// often it has moved.
    #[inline]
    pub(super) fn get_child(&self, parent: u32, me: &Waiter) -> Option<(u32, u64)> {
        loop {
            let child = self.get(parent)?.child();
            let dentry = self.get(child)?;
            let got = dentry.with(me, || {
                let (its, moves) = dentry.place();
                (its == parent).then(|| {
                    dentry.count(1);
                    (child, moves)
                })
            });
            if got.is_some() {
                return got;
            }
            // It was renamed in between.
            cpu_relax();
        }
    }

    /// Exchanges the two directories of a level.
    pub fn rename(&self, me: &Waiter) {
        self.renaming.with(me, || {
            let level = self.next.load(Relaxed);
            let one = level.wrapping_mul(2);
            if level < self.depth {
                self.exchange(one, one | 1, me);
                // Pairs with `renames`.
                let renames = self.renames.load(Relaxed).wrapping_add(1);
                self.renames.store(renames, Release);
            }
            let next = level.wrapping_add(1);
            self.next
                .store(if next < self.depth { next } else { 1 }, Relaxed);
        });
    }

    fn exchange(&self, one: u32, other: u32, me: &Waiter) -> Option<()> {
        let (a, b) = (self.get(one)?, self.get(other)?);
        a.with(me, || {
            b.with(me, || {
                let ((above_a, moves), (above_b, _)) = (a.place(), b.place());
                let moves = moves.wrapping_add(1);
                a.move_to(above_b, moves);
                b.move_to(above_a, moves);
                // Pair with `child`.
                self.get(above_a)?.child.store(other, Release);
                self.get(above_b)?.child.store(one, Release);
                Some(())
            })
        })
    }

    /// Tells, once all threads have left, how many still have references.
    pub(super) fn referenced(&self) -> u64 {
        let counted = |dentry: &&Dentry<L>| dentry.refs.count.load(Relaxed) != 0;
        self.all.iter().filter(counted).count() as u64
    }
}

/// How many directories and files there are for paths of `depth` components and so many threads.
pub fn dentries(depth: u32, threads: u32) -> u32 {
    depth.saturating_add(threads).saturating_mul(2)
}
