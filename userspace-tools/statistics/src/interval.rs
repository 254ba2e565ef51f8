// SPDX-License-Identifier: GPL-2.0

//! The median's confidence interval, from the order of the values alone.
//!
//! Conover, "Practical Nonparametric Statistics", 1999, chapter 3: how many of `n` values lie below
//! the true median is a fair coin thrown `n` times, whatever the distribution.

use serde::Serialize;
use statrs::distribution::{Binomial, DiscreteCDF};

use super::{confidence::SHOWN, middle, sorted};

/// A median and where the true one may be.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Interval {
    /// The median of the sample.
    pub median: f64,
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
    /// How sure the interval is, from 0 to 1. A small sample cannot be as sure as was asked for.
    pub confidence: f64,
}

impl Interval {
    /// The narrowest interval that is at least as sure as `wanted`; from the least to the most
    /// value, as sure as that is, if none is. Nothing for no values.
    pub fn of(values: &[f64], wanted: f64) -> Option<Self> {
        let sorted = sorted(values.iter().copied());
        let median = middle(&sorted)?;
        let n = sorted.len();
        let confidence = |k: usize| confidence(n, k);
        let k = (1..=n.div_ceil(2))
            .rev()
            .find(|&k| confidence(k).is_some_and(|sure| sure >= wanted))
            .unwrap_or(1);
        Some(Self {
            median,
            low: sorted[k - 1],
            high: sorted[n - k],
            confidence: confidence(k)?.max(0.0),
        })
    }

    /// The interval that tables and charts show.
    pub fn shown(values: &[f64]) -> Option<Self> {
        Self::of(values, SHOWN)
    }

    /// The fewest values of which the shown interval has its full confidence.
    pub fn fewest() -> usize {
        let full = |n: &usize| confidence(*n, 1).is_some_and(|sure| sure >= SHOWN);
        (1..).find(full).unwrap_or(1)
    }
}

/// The interval from the k-th smallest to the k-th largest of `n` values misses the true median if
/// fewer than `k` values lie on one side of it.
fn confidence(n: usize, k: usize) -> Option<f64> {
    Some(1.0 - 2.0 * below(n, k)?)
}

/// The probability that fewer than `k` of `n` fair coins show heads.
fn below(n: usize, k: usize) -> Option<f64> {
    let coins = Binomial::new(0.5, n as u64).ok()?;
    Some(coins.cdf(k as u64 - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn upto(n: u32) -> Vec<f64> {
        (1..=n).rev().map(f64::from).collect()
    }

    /// Conover, table A3: for n = 10 and 95 %, the 2nd and the 9th value, which are 97.9 % sure.
    #[test]
    fn ten_values_give_the_second_and_the_ninth() {
        let it = Interval::of(&upto(10), 0.95).unwrap();
        assert_eq!((it.low, it.median, it.high), (2.0, 5.5, 9.0));
        assert!((it.confidence - 0.978_515_625).abs() < 1e-12);
    }

    /// For n = 20 and 95 %: the 6th and the 15th value, 95.9 %.
    #[test]
    fn twenty_values_give_the_sixth_and_the_fifteenth() {
        let it = Interval::of(&upto(20), 0.95).unwrap();
        assert_eq!((it.low, it.high), (6.0, 15.0));
        assert!((it.confidence - 0.958_610_5).abs() < 1e-6);
    }

    /// Three values are 75 % sure at best, and say so.
    #[test]
    fn a_small_sample_says_how_unsure_it_is() {
        let it = Interval::of(&[9.0, 1.0, 4.0], 0.95).unwrap();
        assert_eq!((it.low, it.median, it.high), (1.0, 4.0, 9.0));
        assert!((it.confidence - 0.75).abs() < 1e-12);
    }

    #[test]
    fn six_values_are_needed_for_the_shown_confidence() {
        assert_eq!(Interval::fewest(), 6);
    }

    #[test]
    fn one_value_is_not_sure_at_all() {
        let it = Interval::of(&[3.0], 0.95).unwrap();
        assert_eq!((it.low, it.high), (3.0, 3.0));
        assert!(it.confidence < 1e-12);
        assert_eq!(Interval::of(&[], 0.95), None);
    }
}
