// SPDX-License-Identifier: GPL-2.0

//! One shared atomic: exact, and every addition moves its cache line.
//!
//! After `count_atomic.c` in perfbook's `CodeSamples/count`.

use crate::prelude::*;

/// Exact. Safe in interrupts and in NMIs.
pub struct Exact(Atomic<i64>);

impl Exact {
    /// Creates a counter at zero.
    pub fn new() -> Self {
        Self(Atomic::new(0))
    }
}

impl Counter for Exact {
    #[inline(always)]
    fn add(&self, n: i64) {
        self.0.add(n, Relaxed);
    }

    #[inline(always)]
    fn read(&self) -> i64 {
        self.0.load(Relaxed)
    }
}
