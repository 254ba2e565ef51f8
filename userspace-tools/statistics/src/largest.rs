// SPDX-License-Identifier: GPL-2.0

//! The largest of several quantities, each with an estimate of its own.
//!
//! The largest estimate is too large, by its noise, and one with a wide interval says little of either end. So the
//! largest quantity is at least what any lower end says, for as many questions as there are (Bonferroni), and at most what
//! every upper end says, which needs no correction (Berger, "Multiparameter Hypothesis Testing and Acceptance Sampling",
//! 1982).

use serde::{Deserialize, Serialize};

use super::spread::Spread;

/// Of what an estimate is the largest.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
pub(crate) struct Largest {
    /// Number of quantities.
    pub(crate) of: usize,
    /// The one with the highest upper end.
    pub(crate) highest: Spread,
}

impl Largest {
    /// The probability of a wrong lower end that one quantity may have, of `alpha` for all.
    pub(crate) fn each(&self, alpha: f64) -> f64 {
        alpha / self.of as f64
    }

    /// The upper end of the highest, on the scale.
    pub(crate) fn high(&self, alpha: f64) -> f64 {
        self.highest.mean + self.highest.half(alpha)
    }

    /// The probability of any such estimate, of one above a limit of this one's `p`.
    pub(crate) fn p_above(&self, p: f64) -> f64 {
        (p * self.of as f64).min(1.0)
    }

    /// The probability of such estimates if the highest were at `limit`, on the scale.
    pub(crate) fn p_below(&self, limit: f64) -> f64 {
        self.highest.p(limit - self.highest.mean)
    }

    pub(crate) fn is_exact(&self) -> bool {
        self.highest.error == Some(0.0)
    }
}
