// SPDX-License-Identifier: GPL-2.0

//! Seeded random numbers. All are integers, so that a seed means the same on every host.

use crate::{Cost, Ns};

/// A sequence of random numbers.
#[derive(Clone)]
pub(crate) struct Random(fastrand::Rng);

impl Random {
    /// Creates the sequence `stream` of a seed.
    pub(crate) fn new(seed: u64, stream: u64) -> Self {
        let mut seeds = fastrand::Rng::with_seed(seed);
        let seed = seeds.u64(..) ^ stream.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        Self(fastrand::Rng::with_seed(seed))
    }

    /// Returns a number below `n`; 0 if that is 0.
    #[inline]
    pub(crate) fn below(&mut self, n: u64) -> u64 {
        ((u128::from(self.0.u64(..)) * u128::from(n)) >> 64) as u64
    }

    /// Draws one from a distribution.
    #[inline]
    pub(crate) fn draw(&mut self, cost: &Cost) -> Ns {
        match cost.exact() {
            Some(ns) => ns,
            None => cost.at(self.below(Cost::RANKS)),
        }
    }

    /// Returns `ns`, up to a twentieth more or less: timers and slices are never exact.
    #[inline]
    pub(crate) fn about(&mut self, ns: Ns) -> Ns {
        let spread = ns / 20;
        ns - spread + self.below(2 * spread + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seed_and_stream_give_the_sequence() {
        let draw = |seed, stream| Random::new(seed, stream).below(u64::MAX);
        assert_eq!(draw(1, 0), draw(1, 0));
        assert_ne!(draw(1, 0), draw(2, 0));
        assert_ne!(draw(1, 0), draw(1, 1));
    }

    #[test]
    fn numbers_stay_below_and_reach_every_value() {
        let mut random = Random::new(7, 0);
        let mut seen = [0; 5];
        (0..1000).for_each(|_| seen[random.below(5) as usize] += 1);
        assert!(seen.iter().all(|&n| n > 150), "{seen:?}");
        assert_eq!(random.below(0), 0);
    }
}
