// SPDX-License-Identifier: GPL-2.0

//! A use only marks the page; whoever looks for the coldest gives a marked one a second chance.
//!
//! The lazy LRU of the VFS in Piggin, "Scaling the Linux VFS", 2009: `DCACHE_REFERENCED`. The idea
//! is Corbató's, "A Paging Experiment with the Multics System", 1968.

use core::ops::Deref;

use super::{
    Lru,
    Page,
    Queue, //
};
use crate::{
    lock::Lock,
    Waiter, //
};

/// Marked pages that one search moves to the front before it takes the next page as it is: the
/// lock is held meanwhile.
const LOOKS: u32 = 32;

/// One list, put in order when somebody needs its end.
pub struct Lazy<L, P> {
    queue: Queue<L>,
    pages: P,
}

impl<L: Lock, P: Deref<Target = [Page]>> Lazy<L, P> {
    /// Creates the list, with none of the pages on it.
    pub fn new(pages: P) -> Self {
        Self {
            queue: Queue::new(),
            pages,
        }
    }
}

impl<L: Lock, P: Deref<Target = [Page]> + Sync> Lru for Lazy<L, P> {
    const NAME: &'static str = "lazy";

    #[inline]
    fn add(&self, page: u32, me: &Waiter) {
        self.queue.add(&self.pages, page, me);
    }

    #[inline]
    fn touch(&self, page: u32, _: &Waiter) {
        if let Some(page) = self.pages.get(page as usize) {
            page.mark();
        }
    }

    #[inline]
    fn evict(&self, me: &Waiter) -> Option<u32> {
        self.queue.evict(&self.pages, LOOKS, Page::unmark, me)
    }

    fn census(&self, me: &Waiter, see: &mut dyn FnMut(u32)) {
        self.queue.walk(&self.pages, me, see);
    }
}
