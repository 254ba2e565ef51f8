// SPDX-License-Identifier: GPL-2.0

//! The largest of several quantities, each with an estimate of its own.
//!
//! The largest estimate is too large, by its noise, and one with a wide interval says little of either end. So the
//! largest quantity is at least what any lower end says, for as many questions as there are (Bonferroni), and at most what
//! every upper end says, which needs no correction (Berger, "Multiparameter Hypothesis Testing and Acceptance Sampling",
//! 1982).

use serde::{Deserialize, Serialize};

use super::{confidence, estimate::Spread, Estimate};

/// Of what an estimate is the largest.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
pub(super) struct Largest {
    /// Number of quantities.
    of: usize,
    /// The one with the highest upper end.
    highest: Spread,
}

impl Largest {
    /// The probability of a wrong lower end that one quantity may have, of `alpha` for all.
    pub fn each(&self, alpha: f64) -> f64 {
        alpha / self.of as f64
    }

    /// The upper end of the highest, on the scale.
    pub fn high(&self, alpha: f64) -> f64 {
        self.highest.mean + self.highest.half(alpha)
    }

    /// The probability of any such estimate, of one above a limit of this one's `p`.
    pub fn p_above(&self, p: f64) -> f64 {
        (p * self.of as f64).min(1.0)
    }

    /// The probability of such estimates if the highest were at `limit`, on the scale.
    pub fn p_below(&self, limit: f64) -> f64 {
        self.highest.p(limit - self.highest.mean)
    }

    pub fn is_exact(&self) -> bool {
        self.highest.error == Some(0.0)
    }
}

impl Estimate {
    /// The largest of `all`, which are on one scale, and which of them it surely is at least: that with the highest
    /// lower end. Nothing of none.
    pub fn largest(all: &[Self]) -> Option<(usize, Self)> {
        let alpha = 1.0 - confidence::SHOWN;
        let low = |one: &Self| one.bounds(alpha / all.len() as f64).low;
        let high = |one: &Self| one.bounds(alpha).high;
        let by = |of: &dyn Fn(&Self) -> f64| {
            let all = all.iter().enumerate();
            all.max_by(|(_, a), (_, b)| of(a).total_cmp(&of(b)))
        };
        let ((surest, one), (_, highest)) = by(&low).zip(by(&high))?;
        let mut estimate = *one;
        estimate.largest = Some(Largest {
            of: all.len(),
            highest: highest.spread(),
        });
        Some((surest, estimate))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Scale;

    fn estimate(boots: [f64; 6]) -> Estimate {
        Estimate::of(Scale::Ratio, &boots.map(|one| vec![one])).unwrap()
    }

    const SURE: [f64; 6] = [2.4, 2.5, 2.3, 2.4, 2.6, 2.4];
    const WIDE: [f64; 6] = [0.1, 30.0, 0.5, 9.0, 0.2, 40.0];
    const EVEN: [f64; 6] = [1.0, 1.01, 0.99, 1.0, 1.02, 0.98];

    /// A quantity whose estimate is larger, and says nothing, hides neither that another one is surely large, nor that it
    /// may itself be larger.
    #[test]
    fn largest_is_at_least_the_surest_and_at_most_the_widest() {
        let [sure, wide, even] = [SURE, WIDE, EVEN].map(estimate);
        assert!(wide.value() < 2.4 && wide.bounds(0.05).high > 20.0);
        let (which, largest) = Estimate::largest(&[even, wide, sure]).unwrap();
        assert_eq!((which, largest.value()), (2, sure.value()));
        let bounds = largest.bounds(0.05);
        assert!(bounds.low > 2.0 && bounds.low < sure.bounds(0.05).low);
        assert_eq!(bounds.high, wide.bounds(0.05).high);
        assert!(largest.p_above(1.25) < 0.001 && largest.p_below(3.0) > 0.05);
    }

    /// What all but one are surely below is not what the largest is below.
    #[test]
    fn one_wide_interval_leaves_a_limit_open() {
        let [wide, even] = [WIDE, EVEN].map(estimate);
        let (_, largest) = Estimate::largest(&[even, even, wide]).unwrap();
        assert!(largest.p_below(1.25) > 0.05, "not shown");
        assert!(largest.p_above(1.25) > 0.05, "neither");
        let (_, largest) = Estimate::largest(&[even, even]).unwrap();
        assert!(largest.p_below(1.25) < 0.001);
        assert_eq!(largest.exact(), None);
    }

    #[test]
    fn largest_of_one_is_that_one() {
        let one = estimate(SURE);
        let (_, largest) = Estimate::largest(&[one]).unwrap();
        assert_eq!(largest.bounds(0.05), one.bounds(0.05));
        assert_eq!(largest.p_above(2.3), one.p_above(2.3));
        assert_eq!(Estimate::largest(&[]), None);
    }
}
