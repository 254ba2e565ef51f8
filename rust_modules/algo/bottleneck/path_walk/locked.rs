// SPDX-License-Identifier: GPL-2.0

//! Takes lock and count of every component, as it was.
//!
//! `__d_lookup()` and `dput()` of Linux 2.6.37; Piggin, "Scaling the Linux VFS", 2009.

use core::ops::Deref;

use super::{
    Dentry,
    How,
    Path,
    Trail,
    Tree,
    Walk, //
};
use crate::{
    lock::Lock,
    Waiter, //
};

/// Every component is counted while one is at it.
pub struct Locked<L, S>(Tree<L, S>);

impl<L: Lock, S: Deref<Target = [Dentry<L>]>> Locked<L, S> {
    /// Creates the way to walk `tree`.
    pub fn new(tree: Tree<L, S>) -> Self {
        Self(tree)
    }
}

impl<L: Lock, S: Deref<Target = [Dentry<L>]> + Sync> Walk for Locked<L, S> {
    const NAME: &'static str = "locked";
    type Lock = L;

    fn tree(&self) -> &Tree<L, impl Deref<Target = [Dentry<L>]>> {
        &self.0
    }

    #[inline]
    fn walk(&self, path: Path, trail: &mut Trail, me: &Waiter) -> Option<(u32, How)> {
        Some((from_top(&self.0, path, trail, me)?, How::Locked))
    }
}

/// Walks from the working directory.
#[inline]
pub(super) fn from_top<L, S>(
    tree: &Tree<L, S>,
    path: Path,
    trail: &mut Trail,
    me: &Waiter,
) -> Option<u32>
where
    L: Lock,
    S: Deref<Target = [Dentry<L>]>,
{
    trail.restart();
    let top = tree.get(path.from & 1)?;
    top.with(me, || top.count(1));
    go_on(tree, path.from & 1, 1, path, trail, me)
}

/// Walks on from directory `at`, to which the caller has a reference that is given up; the next one
/// is of `level`.
#[inline]
pub(super) fn go_on<L, S>(
    tree: &Tree<L, S>,
    mut at: u32,
    level: u32,
    path: Path,
    trail: &mut Trail,
    me: &Waiter,
) -> Option<u32>
where
    L: Lock,
    S: Deref<Target = [Dentry<L>]>,
{
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
