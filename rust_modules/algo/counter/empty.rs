// SPDX-License-Identifier: GPL-2.0

//! No counter: the cost of the loop around one.

use crate::prelude::*;

/// Counts nothing. Its read is a plain load, the baseline of reads.
pub struct Empty(Atomic<i64>);

impl Empty {
    /// Creates it.
    pub fn new() -> Self {
        Self(Atomic::new(0))
    }
}

impl Counter for Empty {
    #[inline(always)]
    fn add(&self, n: i64) {
        // Keeps the loop, as any counter's `asm!` does, and the amount in a register.
        keep(n);
    }

    #[inline(always)]
    fn read(&self) -> i64 {
        self.0.load(Relaxed)
    }
}
