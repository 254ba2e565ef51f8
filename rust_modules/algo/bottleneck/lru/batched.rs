// SPDX-License-Identifier: GPL-2.0

//! Touches in batches: each vCPU records 15, then moves their pages under the lock.
//!
//! "Activate pages in batches", Linux 3.0, in Kleen and Chen, "Linux kernel scaling", 2011; the
//! `pagevec` of then, the `folio_batch` of today. A recorded page stays on its list until the batch
//! is full; one that was evicted meanwhile is left alone.

use super::{
    single::Touches,
    Page,
    Queue, //
};
use crate::bottleneck::prelude::*;

/// Touches of a batch.
const BATCH: usize = 15;

/// The touches of one vCPU, which alone accesses them.
#[derive(Default)]
#[repr(align(64))]
pub struct Batch {
    len: Atomic<u32>,
    pages: [Atomic<u32>; BATCH],
}

impl Batch {
    /// Records `page`; returns whether the batch is full, and begins another.
    #[inline]
    fn record(&self, page: u32) -> bool {
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

/// Touches are recorded in a batch per vCPU.
pub struct Batched<B>(pub B);

impl<B: Storage<Item = Batch>> Touches for Batched<B> {
    #[inline]
    fn touch<L: Lock>(&self, page: u32, all: &[Page], queue: &Queue<L>, me: &Waiter) {
        let Some(batch) = self.0.get(here() as usize) else {
            return;
        };
        if batch.record(page) {
            let recorded = batch.pages.iter().map(|page| page.load(Relaxed));
            queue.touch(all, recorded, me);
        }
    }
}
