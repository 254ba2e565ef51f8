// SPDX-License-Identifier: GPL-2.0

//! Occurrences: how often something happened in how much time, where it may be rare.
//!
//! The number of independent events in a given time has Poisson's distribution, of which Garwood gives
//! the interval ("Fiducial Limits for the Poisson Distribution", 1936). It never reaches below 0, and
//! what did not happen at all is still bounded: by 3 over the time, at 95 % on one side.

use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, Gamma};

/// How often something happened, and in how much time.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
pub struct Occurrences {
    /// How often.
    pub count: u64,
    /// In how much time, in the unit that the rate is per.
    pub time: f64,
}

impl Occurrences {
    /// How often in a unit of time.
    pub fn rate(self) -> f64 {
        self.count as f64 / self.time
    }

    /// All of them together.
    pub fn sum(all: impl IntoIterator<Item = Self>) -> Self {
        let none = Self {
            count: 0,
            time: 0.0,
        };
        all.into_iter().fold(none, |sum, one| Self {
            count: sum.count + one.count,
            time: sum.time + one.time,
        })
    }

    /// Garwood's interval of the rate, which misses the true one with probability `alpha` at most.
    pub(super) fn bounds(self, alpha: f64) -> (f64, f64) {
        let end = |shape: f64, p: f64| gamma(shape).map_or(0.0, |it| it.inverse_cdf(p) / self.time);
        let count = self.count as f64;
        (end(count, alpha / 2.0), end(count + 1.0, 1.0 - alpha / 2.0))
    }

    /// The probability of so many or more if the true rate were `limit` at most.
    pub(super) fn p_above(self, limit: f64) -> f64 {
        let mean = (limit * self.time).max(0.0);
        gamma(self.count as f64).map_or(1.0, |it| it.cdf(mean))
    }

    /// The probability of so many or fewer if the true rate were `limit` at least.
    pub(super) fn p_below(self, limit: f64) -> f64 {
        let mean = (limit * self.time).max(0.0);
        gamma(self.count as f64 + 1.0).map_or(1.0, |it| it.sf(mean))
    }

    /// The same rate in `times` as much time.
    pub(super) fn extended(self, times: f64) -> Self {
        Self {
            count: (self.count as f64 * times).round() as u64,
            time: self.time * times,
        }
    }
}

/// The time until `shape` events at one in a unit of time; none until no event.
fn gamma(shape: f64) -> Option<Gamma> {
    Gamma::new(shape, 1.0).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(count: u64, time: f64) -> Occurrences {
        Occurrences { count, time }
    }

    /// Garwood 1936, table of 95 %: 0 has 0 to 3.69, 1 has 0.0253 to 5.57, 10 has 4.80 to 18.39.
    #[test]
    fn interval_is_garwoods() {
        for (count, low, high) in [(0, 0.0, 3.689), (1, 0.0253, 5.572), (10, 4.795, 18.390)] {
            let (found, to) = of(count, 1.0).bounds(0.05);
            assert!(
                (found - low).abs() < 1e-3 && (to - high).abs() < 1e-3,
                "{count}: {found} {to}"
            );
        }
        let (low, high) = of(10, 2.0).bounds(0.05);
        assert!((low - 2.3975).abs() < 1e-3 && (high - 9.195).abs() < 1e-3);
    }

    #[test]
    fn nothing_is_below_three_over_the_time() {
        assert!((of(0, 2.0).p_below(1.5) - (-3.0_f64).exp()).abs() < 1e-9);
        assert_eq!(
            (of(0, 2.0).p_above(0.0), of(0, 2.0).p_below(0.0)),
            (1.0, 1.0)
        );
        assert_eq!(of(1, 2.0).p_above(0.0), 0.0);
    }

    #[test]
    fn sum_and_extension_keep_the_rate() {
        let all = Occurrences::sum([of(3, 1.0), of(0, 2.0)]);
        assert_eq!((all, all.rate()), (of(3, 3.0), 1.0));
        assert_eq!(all.extended(4.0), of(12, 12.0));
    }
}
