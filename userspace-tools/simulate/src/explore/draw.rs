// SPDX-License-Identifier: GPL-2.0

//! Random settings of a schedule, all of its seed.

/// Draws of a seed, one after another.
pub(super) struct Draw {
    seed: u64,
    count: u64,
}

impl Draw {
    /// The draws of `seed`.
    pub(super) fn of(seed: u64) -> Self {
        Self { seed, count: 0 }
    }

    /// A number below `n`, evenly (SplitMix64).
    pub(super) fn below(&mut self, n: u64) -> u64 {
        self.count += 1;
        let mut z = self
            .seed
            .wrapping_add(self.count.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % n
    }

    /// One of four.
    pub(super) fn pick(&mut self, from: [u32; 4]) -> u32 {
        from[self.below(4) as usize]
    }
}
