// SPDX-License-Identifier: GPL-2.0

//! Seeded PRNG: SplitMix64.

/// A sequence of numbers that its seed determines.
pub struct Random(u64);

impl Random {
    /// The sequence of operation `number` in the plan of `seed`.
    pub fn of(seed: u64, number: u64) -> Self {
        let mut seeds = Self(seed);
        Self(seeds.number() ^ number.wrapping_mul(0xd1b5_4a32_d192_ed03))
    }

    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut n = self.0;
        n = (n ^ (n >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        n = (n ^ (n >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        n ^ (n >> 31)
    }

    /// A number less than `limit`, which is not 0.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.number() % limit
    }

    /// True once in `n` times on average.
    pub fn once_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    pub fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len() as u64) as usize]
    }
}
