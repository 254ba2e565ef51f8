// SPDX-License-Identifier: GPL-2.0

//! Walks along a path of directories, while some of these are renamed.
//!
//! Piggin, "Scaling the Linux VFS", LinuxCon 2009: "path lookup less scalable with common cwd, due
//! to d_lock in refcount". Kleen and Chen, "Linux kernel scaling", 2011: walks without locks, which
//! came with 2.6.38, and what made all of them drop out: a security check, and the root's sequence
//! count.
//!
//! | variant | a component costs | the file at the end |
//! |---|---|---|
//! | `locked` | lock and count of it, lock and count of the one before | lock and count |
//! | `rcu` | looks at two sequence counts; `locked` for the rest, if it drops out | lock and count |
//!
//! Today's kernel does as `rcu`, with lock and count in one word, changed by one `cmpxchg`.

mod dentry;
mod locked;
mod rcu;
mod trail;
mod tree;
mod work;

use crate::{
    lock::Lock,
    Waiter, //
};

pub use self::{
    dentry::Dentry,
    locked::Locked,
    rcu::Rcu,
    trail::Trail,
    tree::{
        dentries,
        Tree, //
    },
    work::Work, //
};

/// What somebody wants to open.
#[derive(Clone, Copy)]
pub struct Path {
    /// The working directory from which to walk: 0 or 1.
    pub from: u32,
    /// Whose file it is at the end.
    pub file: u32,
    /// Something asks for a lock at the first component, as a permission check did.
    pub drops_out: bool,
}

/// How a walk got to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// Without a lock but the last.
    Lockless,
    /// With locks, from some component on.
    DroppedOut,
    /// With locks, from the beginning.
    Locked,
}

/// A way to walk. The caller stays on its vCPU meanwhile.
pub trait Walk: Sync {
    /// The name of the variant.
    const NAME: &'static str;
    /// The lock of a directory.
    type Lock: Lock;

    /// Where one walks.
    fn tree(&self) -> &Tree<Self::Lock, impl core::ops::Deref<Target = [Dentry<Self::Lock>]>>;

    /// Walks along `path`, noting each step; returns the file, with a reference for the caller, and
    /// how it got there.
    fn walk(&self, path: Path, trail: &mut Trail, me: &Waiter) -> Option<(u32, How)>;
}
