// SPDX-License-Identifier: GPL-2.0

//! Count, sum and sum of squares of a multiset of numbers.
//!
//! Two multisets with equal sums are the same, but for a coincidence that no run is long enough
//! for. So duplicates are detected without storing each number. All three sums wrap around.

use core::ops::Range;

/// The count, the sum and the sum of squares.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// How many.
    pub count: u64,
    /// Their sum.
    pub sum: u64,
    /// The sum of their squares.
    pub squares: u64,
}

impl Sums {
    /// Returns the sums of a range.
    pub fn of(range: Range<u64>) -> Self {
        Self::below(range.end).without(Self::below(range.start))
    }

    /// Returns the sums of all numbers below `n`: n(n-1)/2 and n(n-1)(2n-1)/6.
    fn below(n: u64) -> Self {
        let (n, less) = (u128::from(n), u128::from(n.saturating_sub(1)));
        let pairs = n.wrapping_mul(less) >> 1;
        // One factor is a multiple of 3, so the division leaves no remainder.
        let odd = n.wrapping_mul(2).saturating_sub(1);
        let squares = match pairs % 3 {
            0 => (pairs / 3).wrapping_mul(odd),
            _ => pairs.wrapping_mul(odd / 3),
        };
        Self {
            count: n as u64,
            sum: pairs as u64,
            squares: squares as u64,
        }
    }

    /// Adds a number.
    #[inline(always)]
    pub fn add(&mut self, n: u64) {
        self.count = self.count.wrapping_add(1);
        self.sum = self.sum.wrapping_add(n);
        self.squares = self.squares.wrapping_add(n.wrapping_mul(n));
    }

    /// Returns the sums of both.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        Self {
            count: self.count.wrapping_add(other.count),
            sum: self.sum.wrapping_add(other.sum),
            squares: self.squares.wrapping_add(other.squares),
        }
    }

    /// Returns the sums without the numbers of `other`.
    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self {
            count: self.count.wrapping_sub(other.count),
            sum: self.sum.wrapping_sub(other.sum),
            squares: self.squares.wrapping_sub(other.squares),
        }
    }
}
