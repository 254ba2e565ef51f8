// SPDX-License-Identifier: GPL-2.0

//! One word for all, read and then written: two threads may read the same.

use super::{
    Ids,
    Sums, //
};
use crate::primitive::{
    cpu_relax,
    Atomic,
    Relaxed, //
};

/// The next number, or one of the last.
pub struct Busted(Atomic<u64>);

impl Busted {
    /// Creates it, with 0 to come.
    pub fn new() -> Self {
        Self(Atomic::new(0))
    }
}

impl Default for Busted {
    fn default() -> Self {
        Self::new()
    }
}

impl Ids for Busted {
    const NAME: &'static str = "busted";

    #[inline(always)]
    fn next(&self) -> u64 {
        let next = self.0.load(Relaxed);
        // Most of the time goes by here, so that a vCPU that loses its CPU loses it here.
        cpu_relax();
        self.0.store(next.wrapping_add(1), Relaxed);
        next
    }

    fn given(&self) -> Sums {
        Sums::of(0..self.0.load(Relaxed))
    }
}
