// SPDX-License-Identifier: GPL-2.0

//! A list of pages in the order of their last use, from whose end the coldest is taken.
//!
//! Kleen and Chen, "Linux kernel scaling", 2011: the LRU lock of a zone, which `activate_page()`
//! took for each page. Piggin, "Scaling the Linux VFS", 2009: the LRU lists of the VFS, lazy, and
//! perhaps one per zone.
//!
//! | variant | a touch | what it costs the order |
//! |---|---|---|
//! | `touch` | moves the page, under the one lock | – |
//! | `lazy` | sets a mark; who looks for the coldest heeds it | marked pages have none |
//! | `batched` | is noted; 15 at a time are moved under the lock | by 14 touches on each vCPU |
//! | `pernode` | moves the page, under the lock of its node | it is of a node |
//!
//! Today's kernel has lists for each node and control group, and does batches of 31.

mod batched;
mod lazy;
mod pernode;
mod queue;
mod touch;
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
    batched::{
        Batch,
        Batched, //
    },
    lazy::Lazy,
    pernode::PerNode,
    queue::Queue,
    touch::Touch,
    work::{
        Truth,
        Work, //
    },
};

/// Pages by last use. The caller stays on its vCPU meanwhile.
pub trait Lru: Sync {
    /// The name of the variant.
    const NAME: &'static str;

    /// Puts `page`, which the caller has and which is on no list, on its list as just used.
    fn add(&self, page: u32, me: &Waiter);

    /// Notes that `page` was used; nothing, if it is on no list.
    fn touch(&self, page: u32, me: &Waiter);

    /// Takes the page off its list that was not used for longest, or as good as; the caller has it
    /// then. None if there is none.
    fn evict(&self, me: &Waiter) -> Option<u32>;

    /// Calls `see` with each page on a list, while nobody uses them.
    fn census(&self, me: &Waiter, see: &mut dyn FnMut(u32));
}

/// A page as the lists see it, alone on its cache line.
#[repr(align(64))]
pub struct Page {
    link: Link,
    /// It is on a list; read and written under the lock of that list.
    on: Atomic<bool>,
    /// It was used since somebody looked for the coldest.
    used: Atomic<bool>,
}

impl Page {
    /// Creates a page that is on no list.
    pub fn new() -> Self {
        Self {
            link: Link::new(),
            on: Atomic::new(false),
            used: Atomic::new(false),
        }
    }

    /// Marks the page, unless it is: so a page that everybody uses is on everybody's vCPU.
    #[inline]
    fn mark(&self) {
        // A hint, that orders nothing.
        if !self.used.load(Relaxed) {
            self.used.store(true, Relaxed);
        }
    }

    /// Takes the mark away; returns whether there was one.
    #[inline]
    fn unmark(&self) -> bool {
        let used = self.used.load(Relaxed);
        if used {
            self.used.store(false, Relaxed);
        }
        used
    }
}

impl Default for Page {
    fn default() -> Self {
        Self::new()
    }
}

impl AsRef<Link> for Page {
    fn as_ref(&self) -> &Link {
        &self.link
    }
}
