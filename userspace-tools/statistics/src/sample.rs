// SPDX-License-Identifier: GPL-2.0

//! What several repeats of one run come to.

use serde::Serialize;
use statrs::statistics::{Data, Median, Statistics};

/// A sample's summary.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Sample {
    /// How many repeats.
    pub n: usize,
    /// The middle one, or the mean of the two in the middle.
    pub median: f64,
    /// The least.
    pub min: f64,
    /// The most.
    pub max: f64,
    /// The standard deviation of the population they are drawn from; one repeat shows none.
    pub stdev: Option<f64>,
}

impl Sample {
    /// Sums up `values`; nothing for none.
    pub fn of(values: &[f64]) -> Option<Self> {
        (!values.is_empty()).then(|| Self {
            n: values.len(),
            median: Data::new(values.to_vec()).median(),
            min: values.min(),
            max: values.max(),
            stdev: (values.len() > 1).then(|| values.std_dev()),
        })
    }

    /// How far the farthest repeat is from the median, as part of the median.
    pub fn spread(&self) -> f64 {
        let farthest = (self.max - self.median).max(self.median - self.min);
        if farthest == 0.0 {
            0.0
        } else {
            farthest / self.median
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A median that is off by one gives the least of three (`refscale` does).
    #[test]
    fn the_median_of_three_is_the_second() {
        let sample = Sample::of(&[9.0, 1.0, 4.0]).unwrap();
        assert_eq!((sample.min, sample.median, sample.max), (1.0, 4.0, 9.0));
    }

    #[test]
    fn the_median_of_four_is_between_the_second_and_the_third() {
        assert_eq!(Sample::of(&[8.0, 1.0, 4.0, 3.0]).unwrap().median, 3.5);
    }

    /// NIST StRD `NumAcc1`: mean 10000002, standard deviation 1, both exact.
    #[test]
    fn the_deviation_of_a_certified_sample_is_exact() {
        let sample = Sample::of(&[10_000_001.0, 10_000_003.0, 10_000_002.0]).unwrap();
        assert_eq!(sample.stdev, Some(1.0));
    }

    #[test]
    fn the_deviation_is_of_the_population() {
        let sample = Sample::of(&[2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0]).unwrap();
        let wanted = (32.0_f64 / 7.0).sqrt();
        assert!((sample.stdev.unwrap() - wanted).abs() < 1e-12);
    }

    #[test]
    fn one_repeat_has_a_median_and_no_deviation() {
        let sample = Sample::of(&[5.0]).unwrap();
        assert_eq!((sample.n, sample.median, sample.stdev), (1, 5.0, None));
        assert_eq!(sample.spread(), 0.0);
    }

    #[test]
    fn the_spread_is_to_the_farthest_side() {
        assert_eq!(Sample::of(&[90.0, 100.0, 120.0]).unwrap().spread(), 0.2);
        assert_eq!(Sample::of(&[70.0, 100.0, 120.0]).unwrap().spread(), 0.3);
    }

    #[test]
    fn nothing_has_no_summary() {
        assert_eq!(Sample::of(&[]), None);
    }
}
