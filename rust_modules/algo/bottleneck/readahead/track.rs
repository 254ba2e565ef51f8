// SPDX-License-Identifier: GPL-2.0

//! Record of the recent faults on a file: the number of misses, and the page of the last fault.
//!
//! `struct file_ra_state` of the kernel. It has no lock: two misses or hits that are recorded at
//! once may count as one, and the last page is that of some thread's last fault.

use crate::bottleneck::prelude::*;

/// The record.
pub struct Track {
    misses: Atomic<u32>,
    page: Atomic<u64>,
}

impl Default for Track {
    fn default() -> Self {
        Self {
            misses: Atomic::new(0),
            page: Atomic::new(u64::MAX),
        }
    }
}

impl Track {
    /// Records a fault, counting at most `most` misses; returns true, since it always writes.
    #[inline(always)]
    pub(super) fn note(&self, page: u64, cached: bool, most: u32) -> bool {
        self.note_miss(cached, most);
        self.page.store(page, Relaxed);
        true
    }

    /// Records a fault, but writes only what changes; returns whether it wrote.
    #[inline(always)]
    pub(super) fn note_change(&self, page: u64, cached: bool, most: u32) -> bool {
        let counted = self.note_miss(cached, most);
        let moved = self.page.load(Relaxed) != page;
        if moved {
            self.page.store(page, Relaxed);
        }
        counted || moved
    }

    #[inline(always)]
    fn note_miss(&self, cached: bool, most: u32) -> bool {
        let misses = self.misses.load(Relaxed);
        let now = match cached {
            true => misses.saturating_sub(1),
            false => misses.saturating_add(1).min(most),
        };
        let changes = now != misses;
        if changes {
            self.misses.store(now, Relaxed);
        }
        changes
    }

    /// Returns the misses and the page.
    pub(super) fn get(&self) -> (u32, u64) {
        (self.misses.load(Relaxed), self.page.load(Relaxed))
    }
}
