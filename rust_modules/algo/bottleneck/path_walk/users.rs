// SPDX-License-Identifier: GPL-2.0

//! Threads that open and close files, and the oracle that checks where each path led.
//!
//! Piggin, "Scaling the Linux VFS", 2009: `close(open("path"))` on independent files, in the same
//! working directory or in different ones.

use super::{
    How,
    Path,
    Trail,
    Walk, //
};
use crate::bottleneck::prelude::*;

/// Walkers: all in one tree, or each in its own.
pub struct Users<T> {
    trees: T,
}

impl<W: Walk, T: Storage<Item = W>> Users<T> {
    /// Creates the walkers. Threads belong to the trees in turn; each tree has files for its
    /// threads.
    pub fn new(trees: T) -> Self {
        Self { trees }
    }

    /// Returns the tree of a thread, and the thread's number in it.
    #[inline]
    fn home(&self, thread: u32) -> Option<(&W, u32)> {
        let trees = self.trees.len() as u32;
        let tree = self.trees.get(thread.checked_rem(trees)? as usize)?;
        Some((tree, thread.checked_div(trees)?))
    }

    /// Opens and closes the thread's file from one of its working directories; returns how the walk
    /// reached it.
    #[inline]
    pub fn open(
        &self,
        thread: u32,
        from: u32,
        drops_out: bool,
        me: &Waiter,
    ) -> Result<How, &'static str> {
        let (walker, file) = self.home(thread).ok_or("no_tree")?;
        let path = Path {
            from,
            file,
            drops_out,
        };
        let tree = walker.tree();
        let levels = tree.depth().saturating_sub(1);
        let mut trail = Trail::new(levels, tree.renames());
        let (file, how) = walker.walk(path, &mut trail, me).ok_or("no_entry")?;
        tree.put(file, me);
        match trail.possible(tree.renames()) {
            true => Ok(how),
            false => Err("never_there"),
        }
    }

    /// Renames a directory on the thread's paths.
    #[inline]
    pub fn rename(&self, thread: u32, me: &Waiter) {
        if let Some((walker, _)) = self.home(thread) {
            walker.tree().rename(me);
        }
    }

    /// Checks, after all threads have left, that no reference is left.
    pub fn audit(&self, to: Findings<'_>) {
        let referenced = self.trees.iter().map(|walker| walker.tree().referenced());
        to("referenced", referenced.fold(0, u64::wrapping_add), 0);
    }
}
