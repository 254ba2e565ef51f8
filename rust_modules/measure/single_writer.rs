// SPDX-License-Identifier: GPL-2.0

//! Single-writer counter: one thread writes it, others may read.

use algo::primitive::{
    Atomic,
    Relaxed, //
};

/// Single-writer counter, 0 at first.
pub struct SingleWriter(Atomic<u64>);

impl Default for SingleWriter {
    fn default() -> Self {
        Self(Atomic::new(0))
    }
}

impl SingleWriter {
    /// Reads it.
    #[inline(always)]
    pub fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }

    /// Writes it.
    #[inline(always)]
    pub fn set(&self, n: u64) {
        self.0.store(n, Relaxed);
    }

    /// Makes it `n` if that is more.
    #[inline]
    pub fn raise(&self, n: u64) {
        self.set(self.get().max(n));
    }

    /// Adds to it.
    #[inline(always)]
    pub fn add(&self, n: u64) {
        self.set(self.get().wrapping_add(n));
    }
}
