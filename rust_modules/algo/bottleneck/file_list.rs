// SPDX-License-Identifier: GPL-2.0

//! The list of a file system's open files: opening and closing change it, hardly anyone reads it.
//!
//! Piggin, "Scaling the Linux VFS", LinuxCon 2009: `files_lock`. Read-copy-update is no help where
//! the fast path writes; so the list itself is split, and the rare reader pays.
//!
//! | variant | opening and closing | walking along all |
//! |---|---|---|
//! | `one` | the one lock | the one lock |
//! | `percpu` | the lock of the vCPU where the file was opened | all locks, one after the other |
//! | `busted` | the lock of the vCPU that one is on | the same |
//!
//! Today's kernel has no such list: since 3.13 it counts writers where it used to look for them.

mod busted;
mod one;
mod percpu;
mod work;

use super::Link;
use crate::{
    primitive::{
        Atomic,
        Relaxed, //
    },
    Waiter, //
};

pub use self::{
    busted::Busted,
    one::One,
    percpu::{
        Lane,
        Percpu, //
    },
    work::{
        files,
        Held,
        Truth,
        Work, //
    },
};

/// A list of open files. The caller stays on its vCPU meanwhile.
pub trait FileList: Sync {
    /// The name of the variant.
    const NAME: &'static str;

    /// Puts `file`, which the caller has and which is closed, on the list.
    fn open(&self, file: u32, me: &Waiter);

    /// Takes `file`, which the caller has and which is open, off it; whoever opened it.
    fn close(&self, file: u32, me: &Waiter);

    /// Calls `see` with each open file, while none is opened and none closed.
    fn walk(&self, me: &Waiter, see: &mut dyn FnMut(u32));
}

/// An open file as its list sees it, alone on its cache line.
#[derive(Default)]
#[repr(align(64))]
pub struct File {
    link: Link,
    /// The list that it is on; written under the lock of that list.
    lane: Lot,
}

impl AsRef<Link> for File {
    fn as_ref(&self) -> &Link {
        &self.link
    }
}

/// The number of a list.
struct Lot(Atomic<u32>);

impl Default for Lot {
    fn default() -> Self {
        Self(Atomic::new(0))
    }
}

impl Lot {
    #[inline]
    fn get(&self) -> u32 {
        // Whoever closes a file has it, and so was told of all that happened to it.
        self.0.load(Relaxed)
    }

    #[inline]
    fn set(&self, lane: u32) {
        self.0.store(lane, Relaxed);
    }
}
