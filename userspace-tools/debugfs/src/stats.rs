// SPDX-License-Identifier: GPL-2.0

//! What repeats of one measurement come to.

use statrs::statistics::{Data, Distribution, Max, Min, OrderStatistics};

/// A few measurements of the same thing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// The middle one, or the mean of the two in the middle; NaN without any.
    pub median: f64,
    /// The least.
    pub min: f64,
    /// The most.
    pub max: f64,
    /// The sample's standard deviation; 0 for one measurement.
    pub stdev: f64,
}

impl Sample {
    /// Sums up `values`.
    pub fn of(values: impl IntoIterator<Item = f64>) -> Self {
        let mut data = Data::new(values.into_iter().collect::<Vec<_>>());
        Self {
            median: data.median(),
            min: data.min(),
            max: data.max(),
            stdev: data.std_dev().filter(|s| s.is_finite()).unwrap_or(0.0),
        }
    }

    /// From the least to the most, in percent of the median.
    pub fn spread(&self) -> f64 {
        percent(self.max - self.min, self.median)
    }
}

/// `part` in percent of `whole`; 0 of nothing.
pub fn percent(part: f64, whole: f64) -> f64 {
    if whole == 0.0 {
        return 0.0;
    }
    part / whole * 100.0
}

/// Jain's index of shares: 1 if all are the same, 1/n if one has all; NaN of nothing.
pub fn jain(shares: impl Iterator<Item = f64>) -> f64 {
    let start = (0.0, 0.0, 0.0);
    let (n, sum, squares) = shares.fold(start, |(n, sum, squares), share| {
        (n + 1.0, sum + share, squares + share * share)
    });
    match squares == 0.0 {
        true => f64::NAN,
        false => sum * sum / (squares * n),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_sample_has_its_known_numbers() {
        let sample = Sample::of([2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0]);
        assert_eq!((sample.median, sample.min, sample.max), (4.5, 2.0, 9.0));
        assert!((sample.stdev - (32.0f64 / 7.0).sqrt()).abs() < 1e-12);
        assert!((sample.spread() - 7.0 / 4.5 * 100.0).abs() < 1e-12);
        assert_eq!(Sample::of([3.0, 1.0, 2.0]).median, 2.0);
    }

    #[test]
    fn jains_index_is_one_of_equal_shares() {
        assert_eq!(jain([3.0, 3.0, 3.0].into_iter()), 1.0);
        assert_eq!(jain([4.0, 0.0, 0.0, 0.0].into_iter()), 0.25);
        assert!(jain([0.0, 0.0].into_iter()).is_nan());
    }

    #[test]
    fn one_measurement_spreads_nothing() {
        let sample = Sample::of([7.0]);
        assert_eq!(
            (sample.median, sample.stdev, sample.spread()),
            (7.0, 0.0, 0.0)
        );
    }
}
