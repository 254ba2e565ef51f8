// SPDX-License-Identifier: GPL-2.0

//! Uses are noted on the vCPU, and seen to 15 at a time.
//!
//! "Activate pages in batches", merged in Linux 3.0, in Kleen and Chen, "Linux kernel scaling",
//! 2011; the `pagevec` that was, the `folio_batch` of today. A page that is noted stays on its list
//! until then, so one that was evicted meanwhile is not there any more, and is left alone.

use core::ops::Deref;

use super::{
    Lru,
    Page,
    Queue, //
};
use crate::{
    lock::Lock,
    primitive::{
        here,
        Atomic,
        Relaxed, //
    },
    Waiter, //
};

/// How many uses are seen to at a time.
const BATCH: usize = 15;

/// What was noted on one vCPU, which alone looks at it.
#[repr(align(64))]
pub struct Batch {
    len: Atomic<u32>,
    pages: [Atomic<u32>; BATCH],
}

impl Batch {
    /// Creates an empty batch.
    pub fn new() -> Self {
        Self {
            len: Atomic::new(0),
            pages: core::array::from_fn(|_| Atomic::new(0)),
        }
    }

    /// Notes `page`; returns whether the batch is full, and begins another.
    #[inline]
    fn note(&self, page: u32) -> bool {
        let len = self.len.load(Relaxed);
        if let Some(at) = self.pages.get(len as usize) {
            at.store(page, Relaxed);
        }
        let len = len.wrapping_add(1);
        let full = len as usize >= BATCH;
        self.len.store(if full { 0 } else { len }, Relaxed);
        full
    }
}

impl Default for Batch {
    fn default() -> Self {
        Self::new()
    }
}

/// One list, in an order that is some uses late.
pub struct Batched<L, P, B> {
    queue: Queue<L>,
    pages: P,
    batches: B,
}

impl<L: Lock, P, B> Batched<L, P, B>
where
    P: Deref<Target = [Page]>,
    B: Deref<Target = [Batch]>,
{
    /// Creates the list, with none of the pages on it, and a batch for each vCPU.
    pub fn new(pages: P, batches: B) -> Self {
        Self {
            queue: Queue::new(),
            pages,
            batches,
        }
    }
}

impl<L, P, B> Lru for Batched<L, P, B>
where
    L: Lock,
    P: Deref<Target = [Page]> + Sync,
    B: Deref<Target = [Batch]> + Sync,
{
    const NAME: &'static str = "batched";

    #[inline]
    fn add(&self, page: u32, me: &Waiter) {
        self.queue.add(&self.pages, page, me);
    }

    #[inline]
    fn touch(&self, page: u32, me: &Waiter) {
        let Some(batch) = self.batches.get(here() as usize) else {
            return;
        };
        if batch.note(page) {
            let noted = batch.pages.iter().map(|page| page.load(Relaxed));
            self.queue.touch(&self.pages, noted, me);
        }
    }

    #[inline]
    fn evict(&self, me: &Waiter) -> Option<u32> {
        self.queue.evict(&self.pages, 0, |_| false, me)
    }

    fn census(&self, me: &Waiter, see: &mut dyn FnMut(u32)) {
        self.queue.walk(&self.pages, me, see);
    }
}
