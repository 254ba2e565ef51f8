// SPDX-License-Identifier: GPL-2.0

//! Path walks during renames of the directories.
//!
//! Piggin, "Scaling the Linux VFS", LinuxCon 2009: "path lookup less scalable with common cwd, due
//! to d_lock in refcount". Kleen and Chen, "Linux kernel scaling", 2011: walks without locks, of
//! 2.6.38, and what made all of them drop out: a security check, and the root's sequence count.
//!
//! | variant | cost of a component | cost of the file at the end |
//! |---|---|---|
//! | [`Locked`] | lock and count of it, lock and count of its parent | lock and count |
//! | [`Rcu`] | two sequence counts; `locked` for the rest after dropping out | lock and count |
//!
//! Today's kernel does as `rcu`, with lock and count in one word, changed by one `cmpxchg`.

mod dentry;
mod locked;
mod rcu;
mod trail;
mod tree;
mod users;

use super::prelude::*;

pub use self::{
    dentry::Dentry,
    locked::Locked,
    rcu::Rcu,
    trail::Trail,
    tree::{
        dentries,
        Tree, //
    },
    users::Users, //
};

/// A path to open.
#[derive(Clone, Copy)]
pub struct Path {
    /// The working directory that the walk starts from: 0 or 1.
    pub from: u32,
    /// The thread whose file is at the end.
    pub file: u32,
    /// The first component requires a lock, as for a permission check.
    pub drops_out: bool,
}

/// How a walk reached the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// Without locks but the file's.
    Lockless,
    /// With locks from some component on.
    DroppedOut,
    /// With locks from the start.
    Locked,
}

/// A way to walk. The caller stays on its vCPU during each call.
pub trait Walk: Sync {
    /// The lock of a directory.
    type Lock: Lock;

    /// Returns the tree.
    fn tree(&self) -> &Tree<Self::Lock, impl Storage<Item = Dentry<Self::Lock>>>;

    /// Walks along `path`, recording each step; returns the file, with a reference for the caller,
    /// and how the walk reached it.
    fn walk(&self, path: Path, trail: &mut Trail, me: &Waiter) -> Option<(u32, How)>;
}
