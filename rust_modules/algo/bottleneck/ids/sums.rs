// SPDX-License-Identifier: GPL-2.0

//! What many numbers come to: their count, their sum, and that of their squares.
//!
//! Two lots of numbers that come to the same in all three are the same, but by a chance that no run
//! is long enough for. So nobody has to remember each number to know that none came twice. All
//! three wrap around.

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
    /// Of all numbers in a range.
    pub fn of(range: Range<u64>) -> Self {
        Self::below(range.end).without(Self::below(range.start))
    }

    /// Of all numbers below `n`: n(n-1)/2 and n(n-1)(2n-1)/6.
    fn below(n: u64) -> Self {
        let (n, less) = (u128::from(n), u128::from(n.saturating_sub(1)));
        let pairs = n.wrapping_mul(less) >> 1;
        // One of these is a multiple of 3, so that the product is divided without a remainder.
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

    /// Of both.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        Self {
            count: self.count.wrapping_add(other.count),
            sum: self.sum.wrapping_add(other.sum),
            squares: self.squares.wrapping_add(other.squares),
        }
    }

    /// Of those that are not in `other`.
    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self {
            count: self.count.wrapping_sub(other.count),
            sum: self.sum.wrapping_sub(other.sum),
            squares: self.squares.wrapping_sub(other.squares),
        }
    }
}
