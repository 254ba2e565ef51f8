// SPDX-License-Identifier: GPL-2.0

//! Two working directories, and below each a chain of directories that renames exchange.
//!
//! ```text
//!   level   0 ──▶ 1 ──▶ 2 ─┐ ┌▶ 3 ──▶ files      the directories 3 have been renamed once: what
//!           0 ──▶ 1 ──▶ 2 ─┘─└▶ 3 ──▶ files      was below one is below the other
//! ```
//! A rename exchanges the two directories of a level, as `RENAME_EXCHANGE` does; so each path leads
//! to a file at all times. The levels are renamed in turn, which [`Trail`](super::Trail) relies on.

use super::Dentry;
use crate::bottleneck::prelude::*;

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

impl<L: Lock, S: Storage<Item = Dentry<L>>> Tree<L, S> {
    /// Creates a tree of paths with `depth` components, including the file, in [`dentries`] new
    /// entries.
    pub fn new(all: S, depth: u32) -> Self {
        let files = depth.saturating_mul(2);
        for (id, dentry) in (0_u32..).zip(all.iter()) {
            let parent = match id {
                0 | 1 => u32::MAX,
                _ if id < files => id.wrapping_sub(2),
                _ => files.wrapping_sub(2) | (id & 1),
            };
            dentry.begin_at(parent, id.wrapping_add(2));
        }
        Self {
            all,
            depth,
            renaming: L::new(),
            renames: Atomic::new(0),
            next: Atomic::new(1),
        }
    }

    /// Returns the levels of directories, including the working directories.
    #[inline]
    pub(super) fn depth(&self) -> u32 {
        self.depth
    }

    /// Returns a directory or file.
    #[inline]
    pub(super) fn get(&self, id: u32) -> Option<&Dentry<L>> {
        self.all.get(id as usize)
    }

    /// Returns the number of a thread's file below a directory of the last level.
    #[inline]
    pub(super) fn file(&self, directory: u32, whose: u32) -> u32 {
        let nth = self.depth.wrapping_add(whose);
        nth.wrapping_mul(2) | (directory & 1)
    }

    /// Returns how many renames are over.
    #[inline]
    pub(super) fn renames(&self) -> u64 {
        // Pairs with the release in `rename`.
        self.renames.load(Acquire)
    }

    /// Puts a reference.
    #[inline]
    pub fn put(&self, id: u32, me: &Waiter) {
        if let Some(dentry) = self.get(id) {
            dentry.with(me, || dentry.count(-1));
        }
    }

    /// Gets a reference to the current child of `parent`; returns the child, and how often it has
    /// moved.
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
            // A rename came in between.
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
                self.get(above_a)?.lead_to(other);
                self.get(above_b)?.lead_to(one);
                Some(())
            })
        })
    }

    /// Returns, after all threads have left, how many entries have references.
    pub(super) fn referenced(&self) -> u64 {
        let counted = |dentry: &&Dentry<L>| dentry.refs() != 0;
        self.all.iter().filter(counted).count() as u64
    }
}

/// Returns how many entries paths of `depth` components and `threads` files need.
pub fn dentries(depth: u32, threads: u32) -> u32 {
    depth.saturating_add(threads).saturating_mul(2)
}
