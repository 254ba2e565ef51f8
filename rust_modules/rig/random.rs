// SPDX-License-Identifier: GPL-2.0

//! Numbers that look random, the same in every run.
//!
//! Marsaglia, "Xorshift RNGs", Journal of Statistical Software 8, 2003.

use core::cell::Cell;

/// One thread's source of numbers.
pub struct Random(Cell<u64>);

impl Random {
    /// Another source for each `seed`.
    pub fn new(seed: u32) -> Self {
        let seed = u64::from(seed).wrapping_add(1);
        Self(Cell::new(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15)))
    }

    /// Returns the next number; never zero.
    #[inline(always)]
    pub fn next(&self) -> u64 {
        let mut x = self.0.get();
        x ^= x.wrapping_shl(13);
        x ^= x.wrapping_shr(7);
        x ^= x.wrapping_shl(17);
        self.0.set(x);
        x
    }

    /// Returns a number below `n`.
    #[inline(always)]
    pub fn below(&self, n: u32) -> u32 {
        let wide = (self.next() >> 32).wrapping_mul(n.into());
        (wide >> 32) as u32
    }

    /// Returns true in `permille` of 1000 times.
    #[inline(always)]
    pub fn permille(&self, permille: u32) -> bool {
        self.below(1000) < permille
    }
}
