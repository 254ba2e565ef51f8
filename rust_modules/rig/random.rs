// SPDX-License-Identifier: GPL-2.0

//! Weak PRNG: xorshift, the same numbers in every run.
//!
//! Marsaglia, "Xorshift RNGs", Journal of Statistical Software 8, 2003.

use core::cell::Cell;

/// Weak PRNG of one thread.
pub struct Random(Cell<u64>);

impl Random {
    /// Creates one with other numbers for each `seed`.
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

    /// Returns a number below `n`; 0 if there is none.
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

    /// Returns true once in `times`.
    pub fn once_in(&self, times: u32) -> bool {
        self.below(times) == 0
    }

    /// Returns a number up to `most` and below `1 << 24`, of any order of magnitude as often.
    pub fn any_magnitude(&self, most: u64) -> u64 {
        let range = 1u32.checked_shl(self.below(25)).unwrap_or(1);
        u64::from(self.below(range)).min(most)
    }
}
