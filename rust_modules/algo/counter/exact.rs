// SPDX-License-Identifier: GPL-2.0

//! One shared atomic: always right, and every addition moves its cache line.

use super::{
    Counter,
    Lane, //
};
use crate::primitive::{
    Atomic,
    Relaxed, //
};

/// Never off.
pub struct Exact(Atomic<i64>);

impl Exact {
    /// Creates a counter at zero.
    pub fn new() -> Self {
        Self(Atomic::new(0))
    }
}

impl Default for Exact {
    fn default() -> Self {
        Self::new()
    }
}

impl Counter for Exact {
    const NAME: &'static str = "exact";

    #[inline]
    fn add(&self, _: &Lane, n: i64) {
        self.0.add(n, Relaxed);
    }

    #[inline]
    fn read(&self) -> i64 {
        self.0.load(Relaxed)
    }
}
