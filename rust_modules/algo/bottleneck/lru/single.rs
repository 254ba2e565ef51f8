// SPDX-License-Identifier: GPL-2.0

//! One list for all pages, and how a touch moves a page: at once, or lazily.

use core::iter::once;

use super::{
    Lru,
    Page,
    Queue, //
};
use crate::bottleneck::prelude::*;

/// One list; `T` handles touches.
pub struct Single<L, P, T> {
    queue: Queue<L>,
    pages: P,
    touches: T,
}

/// How a touch moves a page.
pub trait Touches: Sync {
    /// Marked pages that an eviction may spare before it takes the next as it is. The lock is held
    /// meanwhile.
    const SPARED: u32 = 0;

    /// Records a use of `page`.
    fn touch<L: Lock>(&self, page: u32, all: &[Page], queue: &Queue<L>, me: &Waiter);
}

impl<L: Lock, P: Storage<Item = Page>, T: Touches> Single<L, P, T> {
    /// Creates the list, without any of the pages.
    pub fn new(pages: P, touches: T) -> Self {
        Self {
            queue: Queue::default(),
            pages,
            touches,
        }
    }
}

impl<L: Lock, P: Storage<Item = Page>, T: Touches> Lru for Single<L, P, T> {
    #[inline]
    fn add(&self, page: u32, me: &Waiter) {
        self.queue.add(&self.pages, page, me);
    }

    #[inline]
    fn touch(&self, page: u32, me: &Waiter) {
        self.touches.touch(page, &self.pages, &self.queue, me);
    }

    #[inline]
    fn evict(&self, me: &Waiter) -> Option<u32> {
        self.queue.evict(&self.pages, T::SPARED, me)
    }

    fn walk(&self, me: &Waiter, see: &mut dyn FnMut(u32)) {
        self.queue.walk(&self.pages, me, see);
    }
}

/// A touch moves the page at once: `activate_page()` of Linux 2.6.38.
pub struct Touch;

impl Touches for Touch {
    #[inline]
    fn touch<L: Lock>(&self, page: u32, all: &[Page], queue: &Queue<L>, me: &Waiter) {
        queue.touch(all, once(page), me);
    }
}

/// A touch only marks the page; eviction gives a marked page a second chance.
///
/// Piggin, "Scaling the Linux VFS", 2009: `DCACHE_REFERENCED`. The idea is Corbató's, "A Paging
/// Experiment with the Multics System", 1968.
pub struct Lazy;

impl Touches for Lazy {
    const SPARED: u32 = 32;

    #[inline]
    fn touch<L: Lock>(&self, page: u32, all: &[Page], _: &Queue<L>, _: &Waiter) {
        if let Some(page) = all.get(page as usize) {
            page.mark();
        }
    }
}
