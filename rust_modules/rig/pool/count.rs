// SPDX-License-Identifier: GPL-2.0

//! Count that many threads raise up to a limit.

use crate::prelude::*;

/// A count; it carries no data, so nothing is ordered by it.
pub(super) struct Count(Atomic<u32>);

impl Count {
    pub(super) const fn new() -> Self {
        Self(Atomic::new(0))
    }

    pub(super) fn get(&self) -> u32 {
        self.0.load(Relaxed)
    }

    /// Counts one more unless there are `limit`; returns how many there are then.
    pub(super) fn up_to(&self, limit: u32) -> Option<u32> {
        let mut now = self.get();
        while now < limit {
            let more = now.wrapping_add(1);
            match self.0.cmpxchg(now, more, Relaxed) {
                Ok(_) => return Some(more),
                Err(other) => now = other,
            }
        }
        None
    }

    /// Counts one less.
    pub(super) fn down(&self) {
        self.0.fetch_sub(1, Relaxed);
    }
}
