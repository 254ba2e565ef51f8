// SPDX-License-Identifier: GPL-2.0

//! Confidence interval of the median, from the order of the values alone.
//!
//! Conover, "Practical Nonparametric Statistics", 1999, chapter 3: the number of `n` values below
//! the true median has the binomial distribution of `n` fair coins, whatever the distribution.

use serde::Serialize;
use statrs::distribution::{Binomial, DiscreteCDF};

use super::{confidence::SHOWN, middle, sorted};

/// A median and the interval that contains the true one.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[allow(missing_docs)] // where the name says it
pub struct Interval {
    pub median: f64,
    pub low: f64,
    pub high: f64,
    /// The interval's confidence, 0 to 1. That of a small sample can be less than was wanted.
    pub confidence: f64,
}

impl Interval {
    /// The narrowest interval with at least the confidence `wanted`, or from the least to the most
    /// value if none has it. Nothing for no values.
    pub fn of(values: &[f64], wanted: f64) -> Option<Self> {
        let sorted = sorted(values.iter().copied());
        let median = middle(&sorted)?;
        let n = sorted.len();
        let k = (1..=n.div_ceil(2))
            .rev()
            .find(|&k| confidence(n, k).is_some_and(|sure| sure >= wanted))
            .unwrap_or(1);
        Some(Self {
            median,
            low: sorted[k - 1],
            high: sorted[n - k],
            confidence: confidence(n, k)?.max(0.0),
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
    let coins = Binomial::new(0.5, n as u64).ok()?;
    Some(1.0 - 2.0 * coins.cdf(k as u64 - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[f64]) -> (f64, f64, f64, f64) {
        let it = Interval::of(values, 0.95).unwrap();
        let confidence = (it.confidence * 1e7).round() / 1e7;
        (it.low, it.median, it.high, confidence)
    }

    fn upto(n: u32) -> Vec<f64> {
        (1..=n).rev().map(f64::from).collect()
    }

    /// Conover, table A3: of 10 values the 2nd and the 9th have 97.9 %, of 20 the 6th and the 15th
    /// 95.9 %.
    #[test]
    fn interval_of_ten_and_of_twenty_values_is_that_of_the_table() {
        assert_eq!(of(&upto(10)), (2.0, 5.5, 9.0, 0.978_515_6));
        assert_eq!(of(&upto(20)), (6.0, 10.5, 15.0, 0.958_610_5));
    }

    #[test]
    fn small_sample_has_less_confidence() {
        assert_eq!(of(&[9.0, 1.0, 4.0]), (1.0, 4.0, 9.0, 0.75));
        assert_eq!(of(&[3.0]), (3.0, 3.0, 3.0, 0.0));
        assert_eq!(Interval::of(&[], 0.95), None);
        assert_eq!(Interval::fewest(), 6);
    }
}
