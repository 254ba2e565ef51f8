// SPDX-License-Identifier: GPL-2.0

//! Walk that takes the lock and the count of every component.
//!
//! `__d_lookup()` and `dput()` of Linux 2.6.37; Piggin, "Scaling the Linux VFS", 2009.

use super::{
    Dentry,
    How,
    Path,
    Trail,
    Tree,
    Walk, //
};
use crate::bottleneck::prelude::*;

/// Holds a reference to the component that it is at.
pub struct Locked<L, S>(Tree<L, S>);

impl<L: Lock, S: Storage<Item = Dentry<L>>> Locked<L, S> {
    /// Creates the way to walk `tree`.
    pub fn new(tree: Tree<L, S>) -> Self {
        Self(tree)
    }
}

impl<L: Lock, S: Storage<Item = Dentry<L>>> Walk for Locked<L, S> {
    type Lock = L;

    fn tree(&self) -> &Tree<L, impl Storage<Item = Dentry<L>>> {
        &self.0
    }

    #[inline]
    fn walk(&self, path: Path, trail: &mut Trail, me: &Waiter) -> Option<(u32, How)> {
        Some((from_top(&self.0, path, trail, me)?, How::Locked))
    }
}

/// Walks from the working directory.
#[inline]
pub(super) fn from_top<L: Lock, S: Storage<Item = Dentry<L>>>(
    tree: &Tree<L, S>,
    path: Path,
    trail: &mut Trail,
    me: &Waiter,
) -> Option<u32> {
    trail.restart();
    let top = tree.get(path.from & 1)?;
    top.with(me, || top.count(1));
    go_on(tree, path.from & 1, 1, path, trail, me)
}

/// Walks on from directory `at`, whose reference it consumes; the next component is on `level`.
#[inline]
pub(super) fn go_on<L: Lock, S: Storage<Item = Dentry<L>>>(
    tree: &Tree<L, S>,
    mut at: u32,
    level: u32,
    path: Path,
    trail: &mut Trail,
    me: &Waiter,
) -> Option<u32> {
    for _ in level..tree.depth() {
        let (child, moves) = tree.get_child(at, me)?;
        trail.note(at, child, moves);
        tree.put(at, me);
        at = child;
    }
    let id = tree.file(at, path.file);
    let file = tree.get(id)?;
    file.with(me, || file.count(1));
    tree.put(at, me);
    Some(id)
}
