// SPDX-License-Identifier: GPL-2.0

//! One atomic for all.

use super::{
    Ids,
    Sums, //
};
use crate::primitive::{
    Atomic,
    Relaxed, //
};

/// The next number.
pub struct Exact(Atomic<u64>);

impl Exact {
    /// Creates it, with 0 to come.
    pub fn new() -> Self {
        Self(Atomic::new(0))
    }
}

impl Default for Exact {
    fn default() -> Self {
        Self::new()
    }
}

impl Ids for Exact {
    const NAME: &'static str = "exact";

    #[inline(always)]
    fn next(&self) -> u64 {
        // No order is needed: a number is just a number.
        self.0.fetch_add(1, Relaxed)
    }

    fn given(&self) -> Sums {
        Sums::of(0..self.0.load(Relaxed))
    }
}
