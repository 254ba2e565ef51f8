// SPDX-License-Identifier: GPL-2.0

//! What is written down of faults: how many missed of late, and where the last was.
//!
//! `struct file_ra_state` of the kernel. Nobody locks it: a miss or a hit that two write down at
//! once may count as one, and the last position is that of some thread's last fault.

use crate::primitive::{
    Atomic,
    Relaxed, //
};

/// What is written down.
pub struct Track {
    misses: Atomic<u32>,
    page: Atomic<u64>,
}

impl Track {
    /// Creates it for a file of which nothing was read.
    pub(super) fn new() -> Self {
        Self {
            misses: Atomic::new(0),
            page: Atomic::new(u64::MAX),
        }
    }

    /// Writes down a fault, counting at most `most` misses.
    #[inline(always)]
    pub(super) fn note(&self, page: u64, cached: bool, most: u32) {
        self.note_miss(cached, most);
        self.page.store(page, Relaxed);
    }

    /// The same, but writes only what is not so already; returns whether it wrote.
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
