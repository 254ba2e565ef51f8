// SPDX-License-Identifier: GPL-2.0

//! Ratio of two samples, with its confidence interval.
//!
//! Hodges and Lehmann, "Estimates of Location Based on Rank Tests", 1963, on ratios instead of
//! differences: the median of all ratios of a value of the one and a value of the other.

use serde::Serialize;

use super::{middle, rank::distribution, sorted};

/// A ratio and the interval that contains the true one.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Shift {
    /// How many times the first sample the second one is.
    pub factor: f64,
    /// The lower end; 0 if the samples are too small for an interval.
    pub low: f64,
    /// The upper end; infinite if the samples are too small for an interval.
    pub high: f64,
}

impl Shift {
    /// How many times `a` is `b`, with an interval that misses the true ratio with probability
    /// `alpha` at most. Nothing if one of them is empty.
    pub fn of(a: &[f64], b: &[f64], alpha: f64) -> Option<Self> {
        let pairs = b.iter().flat_map(|y| a.iter().map(|x| ratio(*y, *x)));
        let ratios = sorted(pairs);
        let factor = middle(&ratios)?;
        // The interval ends where the rank test begins to detect a difference.
        let mut sum = 0.0;
        let cut = distribution(a.len(), b.len())
            .iter()
            .take_while(|part| {
                sum += **part;
                sum <= alpha / 2.0
            })
            .count();
        let (low, high) = match cut {
            0 => (0.0, f64::INFINITY),
            k => (ratios[k - 1], ratios[ratios.len() - k]),
        };
        Some(Self { factor, low, high })
    }

    /// Whether the whole interval is within `margin`, a part, of 1.
    pub fn within(&self, margin: f64) -> bool {
        self.low >= 1.0 / (1.0 + margin) && self.high <= 1.0 + margin
    }
}

/// 0 over 0 is no difference.
fn ratio(y: f64, x: f64) -> f64 {
    match x == y {
        true => 1.0,
        false => y / x,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(a: &[f64], b: &[f64]) -> (f64, f64, f64) {
        let shift = Shift::of(a, b, 0.05).unwrap();
        (shift.low, shift.factor, shift.high)
    }

    #[test]
    fn doubled_sample_has_a_factor_of_two() {
        let a = [10.0, 11.0, 12.0, 13.0, 14.0, 15.0];
        let (low, factor, high) = of(&a, &a.map(|x| x * 2.0));
        assert_eq!(factor, 2.0);
        assert!((1.5..2.0).contains(&low) && (2.0..2.7).contains(&high));
        assert!(!Shift { factor, low, high }.within(0.1));
    }

    /// n = m = 5 at 5 %: the critical value of U is 2, so the 3rd smallest and 3rd largest of the 25.
    #[test]
    fn interval_is_that_of_the_critical_value() {
        let b = [1.0, 2.0, 3.0, 4.0, 5.0];
        assert_eq!(of(&[1.0; 5], &b), (1.0, 3.0, 5.0));
        assert_eq!(of(&[1.0], &b), (0.0, 3.0, f64::INFINITY));
    }

    #[test]
    fn sample_too_small_for_an_interval_is_within_no_margin() {
        let shift = Shift::of(&[1.0, 1.0], &[1.0, 1.0], 0.05).unwrap();
        assert_eq!(shift.factor, 1.0);
        assert!(!shift.within(10.0));
        assert_eq!(Shift::of(&[], &[1.0], 0.05), None);
        assert_eq!(of(&[0.0], &[0.0]).1, 1.0);
    }
}
