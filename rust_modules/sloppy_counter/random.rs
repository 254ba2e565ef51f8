// SPDX-License-Identifier: GPL-2.0

//! Numbers that look random, the same in every run.
//!
//! Marsaglia, "Xorshift RNGs", Journal of Statistical Software 8, 2003.

/// A source of numbers.
pub(crate) struct Random(u32);

impl Random {
    /// Another source for each `seed`.
    pub(crate) fn new(seed: u32) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9) | 1)
    }

    fn next(&mut self) -> u32 {
        self.0 ^= self.0.wrapping_shl(13);
        self.0 ^= self.0.wrapping_shr(17);
        self.0 ^= self.0.wrapping_shl(5);
        self.0
    }

    /// Returns a number below `n`.
    pub(crate) fn below(&mut self, n: u32) -> u32 {
        let wide = u64::from(self.next()).wrapping_mul(n.into());
        (wide >> 32) as u32
    }
}
