// SPDX-License-Identifier: GPL-2.0

//! List of the open files of a file system: written by open and close, rarely read.
//!
//! Piggin, "Scaling the Linux VFS", LinuxCon 2009: `files_lock`. RCU does not help, since the fast
//! path writes; so the fix splits the list, at the expense of the rare reader.
//!
//! | variant | open and close take | a walk takes |
//! |---|---|---|
//! | [`One`] | the one lock | the one lock |
//! | [`Percpu`] | the lock of the vCPU that opened the file | all locks, in order |
//! | [`Busted`] | to close, the lock of the current vCPU | all locks, in order |
//!
//! Today's kernel has no such list: since 3.13 it counts writers instead of searching for them.

mod one;
mod percpu;
mod users;

use super::{
    prelude::*,
    Link, //
};

pub use self::{
    one::One,
    percpu::{
        Busted,
        Lane,
        Percpu, //
    },
    users::{
        files,
        Held,
        Oracle,
        Users, //
    },
};

/// A list of open files. The caller stays on its vCPU during each call.
pub trait FileList: Sync {
    /// Inserts `file`, which the caller owns and which is closed.
    fn open(&self, file: u32, me: &Waiter);

    /// Removes `file`, which the caller owns and which is open, whichever thread opened it.
    fn close(&self, file: u32, me: &Waiter);

    /// Calls `see` with each open file; no file is opened or closed meanwhile.
    fn walk(&self, me: &Waiter, see: &mut dyn FnMut(u32));
}

/// An open file as its list sees it, alone on its cache line.
#[derive(Default)]
#[repr(align(64))]
pub struct File {
    link: Link,
    /// The number of its list; written under the lock of that list, and read by the file's owner.
    lane: Atomic<u32>,
}

impl AsRef<Link> for File {
    fn as_ref(&self) -> &Link {
        &self.link
    }
}
