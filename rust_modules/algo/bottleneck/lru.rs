// SPDX-License-Identifier: GPL-2.0

//! Page list in LRU order; eviction takes the coldest page from its end.
//!
//! Kleen and Chen, "Linux kernel scaling", 2011: the LRU lock of a zone, which `activate_page()`
//! takes for each page. Piggin, "Scaling the Linux VFS", 2009: the LRU lists of the VFS, lazy, and
//! possibly per zone.
//!
//! | variant | a touch | inaccuracy of the order |
//! |---|---|---|
//! | [`Touch`] | moves the page, under the one lock | none |
//! | [`Lazy`] | marks the page; eviction gives a marked page a second chance | marked pages are not ordered |
//! | [`Batched`] | is recorded; 15 at a time move pages under the lock | 14 touches per vCPU |
//! | [`PerNode`] | moves the page, under the lock of its node | it is per node |
//!
//! Today's kernel has lists for each node and control group, and batches of 31.

mod batched;
mod pernode;
mod queue;
mod single;
mod users;

use super::{
    prelude::*,
    Link, //
};

pub use self::{
    batched::{
        Batch,
        Batched, //
    },
    pernode::PerNode,
    queue::Queue,
    single::{
        Lazy,
        Single,
        Touch, //
    },
    users::{
        Oracle,
        Users, //
    },
};

/// Pages in LRU order. The caller stays on its vCPU during each call.
pub trait Lru: Sync {
    /// Inserts `page`, which the caller owns and which is on no list, as just used.
    fn add(&self, page: u32, me: &Waiter);

    /// Records a use of `page`; ignored if it is on no list.
    fn touch(&self, page: u32, me: &Waiter);

    /// Removes the coldest page, or one nearly as cold, which the caller then owns.
    fn evict(&self, me: &Waiter) -> Option<u32>;

    /// Calls `see` with each listed page; nothing else uses the lists.
    fn walk(&self, me: &Waiter, see: &mut dyn FnMut(u32));
}

/// A page as the lists see it, alone on its cache line.
#[derive(Default)]
#[repr(align(64))]
pub struct Page {
    link: Link,
    /// It is on a list; accessed under the lock of that list.
    listed: Atomic<bool>,
    /// It was used since an eviction last came by.
    used: Atomic<bool>,
}

impl Page {
    /// Marks the page. One that is marked is only read, so its line stays shared.
    #[inline]
    fn mark(&self) {
        // A hint, which orders nothing.
        if !self.used.load(Relaxed) {
            self.used.store(true, Relaxed);
        }
    }

    /// Clears the mark; returns whether there was one.
    #[inline]
    fn unmark(&self) -> bool {
        let used = self.used.load(Relaxed);
        if used {
            self.used.store(false, Relaxed);
        }
        used
    }
}

impl AsRef<Link> for Page {
    fn as_ref(&self) -> &Link {
        &self.link
    }
}
