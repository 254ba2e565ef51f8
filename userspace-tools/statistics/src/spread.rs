// SPDX-License-Identifier: GPL-2.0

//! Mean with its standard error, and what Student's t distribution says of the true value.

use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, StudentsT};

/// A mean with its error, both on the scale of an estimate.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
pub(crate) struct Spread {
    pub(crate) mean: f64,
    /// Nothing of one boot.
    pub(crate) error: Option<f64>,
    pub(crate) freedom: f64,
}

impl Spread {
    /// Half the interval that misses the true value with probability `alpha`: everything, of one boot.
    pub(crate) fn half(&self, alpha: f64) -> f64 {
        match self.student() {
            None => f64::INFINITY,
            Some((_, 0.0)) => 0.0,
            Some((student, error)) => student.inverse_cdf(1.0 - alpha / 2.0) * error,
        }
    }

    /// The probability of a mean that is so far, or farther, above the true value.
    pub(crate) fn p(&self, apart: f64) -> f64 {
        match self.student() {
            None => 1.0,
            // A quantity without scatter is exact.
            Some((_, 0.0)) => f64::from(u8::from(apart < 0.0)),
            Some((student, error)) => student.sf(apart / error),
        }
    }

    /// The distribution of the mean about the true value, in multiples of its error.
    fn student(&self) -> Option<(StudentsT, f64)> {
        let student = StudentsT::new(0.0, 1.0, self.freedom).ok()?;
        Some((student, self.error?))
    }
}
