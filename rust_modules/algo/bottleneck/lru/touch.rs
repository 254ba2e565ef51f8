// SPDX-License-Identifier: GPL-2.0

//! Every use moves the page at once, under the one lock, as it was.
//!
//! `activate_page()` of Linux 2.6.38, in Kleen and Chen, "Linux kernel scaling", 2011.

use core::{
    iter::once,
    ops::Deref, //
};

use super::{
    Lru,
    Page,
    Queue, //
};
use crate::{
    lock::Lock,
    Waiter, //
};

/// One list, in the true order.
pub struct Touch<L, P> {
    queue: Queue<L>,
    pages: P,
}

impl<L: Lock, P: Deref<Target = [Page]>> Touch<L, P> {
    /// Creates the list, with none of the pages on it.
    pub fn new(pages: P) -> Self {
        Self {
            queue: Queue::new(),
            pages,
        }
    }
}

impl<L: Lock, P: Deref<Target = [Page]> + Sync> Lru for Touch<L, P> {
    const NAME: &'static str = "touch";

    #[inline]
    fn add(&self, page: u32, me: &Waiter) {
        self.queue.add(&self.pages, page, me);
    }

    #[inline]
    fn touch(&self, page: u32, me: &Waiter) {
        self.queue.touch(&self.pages, once(page), me);
    }

    #[inline]
    fn evict(&self, me: &Waiter) -> Option<u32> {
        self.queue.evict(&self.pages, 0, |_| false, me)
    }

    fn census(&self, me: &Waiter, see: &mut dyn FnMut(u32)) {
        self.queue.walk(&self.pages, me, see);
    }
}
