// SPDX-License-Identifier: GPL-2.0

//! Summary of repeated measurements: median, extremes, standard deviation.

use serde::Serialize;

use super::{middle, sorted};

/// A sample's summary.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[allow(missing_docs)] // where the name says it
pub struct Sample {
    pub n: usize,
    /// The middle value, or the mean of the two in the middle.
    pub median: f64,
    pub min: f64,
    pub max: f64,
    /// Standard deviation of the population, estimated with n - 1; nothing for one repeat.
    pub stdev: Option<f64>,
}

impl Sample {
    /// Summarises `values`; nothing for no values.
    pub fn of(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let sorted = sorted(values);
        let (median, n) = (middle(&sorted)?, sorted.len());
        let mean = sorted.iter().sum::<f64>() / n as f64;
        let squares: f64 = sorted.iter().map(|v| (v - mean).powi(2)).sum();
        Some(Self {
            n,
            median,
            min: sorted[0],
            max: sorted[n - 1],
            stdev: (n > 1).then(|| (squares / (n as f64 - 1.0)).sqrt()),
        })
    }

    /// From the median to the farthest repeat, as part of the median.
    pub fn deviation(&self) -> f64 {
        let farthest = (self.max - self.median).max(self.median - self.min);
        match farthest == 0.0 {
            true => 0.0,
            false => farthest / self.median,
        }
    }
}

/// The median of `values`; nothing for no values.
pub fn median(values: impl IntoIterator<Item = f64>) -> Option<f64> {
    middle(&sorted(values))
}

/// `part` in percent of `whole`; 0 if `whole` is 0.
pub fn percent(part: f64, whole: f64) -> f64 {
    match whole == 0.0 {
        true => 0.0,
        false => part / whole * 100.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of<const N: usize>(values: [f64; N]) -> Sample {
        Sample::of(values).unwrap()
    }

    /// A median that is off by one gives the least of three (`refscale` does).
    #[test]
    fn median_is_the_second_of_three_and_between_the_middle_two_of_four() {
        let sample = of([9.0, 1.0, 4.0]);
        assert_eq!((sample.min, sample.median, sample.max), (1.0, 4.0, 9.0));
        assert_eq!(of([8.0, 1.0, 4.0, 3.0]).median, 3.5);
        assert_eq!(median([2.0, 1.0]), Some(1.5));
    }

    /// NIST StRD `NumAcc1`: mean 10000002, standard deviation 1, both exact.
    #[test]
    fn deviation_of_a_certified_sample_is_exact() {
        let sample = of([10_000_001.0, 10_000_003.0, 10_000_002.0]);
        assert_eq!(sample.stdev, Some(1.0));
    }

    #[test]
    fn standard_deviation_is_of_the_population() {
        let sample = of([2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0]);
        let wanted = (32.0_f64 / 7.0).sqrt();
        assert!((sample.stdev.unwrap() - wanted).abs() < 1e-12);
    }

    #[test]
    fn one_repeat_has_a_median_and_no_deviation() {
        let sample = of([5.0]);
        assert_eq!((sample.n, sample.median, sample.stdev), (1, 5.0, None));
        assert_eq!(sample.deviation(), 0.0);
    }

    #[test]
    fn deviation_is_to_the_farthest_side() {
        assert_eq!(of([90.0, 100.0, 120.0]).deviation(), 0.2);
        assert_eq!(of([70.0, 100.0, 120.0]).deviation(), 0.3);
    }

    #[test]
    fn no_values_have_no_summary() {
        assert_eq!(Sample::of([]), None);
        assert_eq!(median([]), None);
    }

    #[test]
    fn percent_of_nothing_is_zero() {
        assert_eq!((percent(1.0, 4.0), percent(1.0, 0.0)), (25.0, 0.0));
    }
}
