// SPDX-License-Identifier: GPL-2.0

//! Decision: whether the true value lies in a range, below it or above it, or whether the data leave
//! that open. For one question, and for a family of them.

use serde::Serialize;

use super::Estimate;

/// A range of values; its ends may be infinite.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[allow(missing_docs)] // where the name says it
pub struct Range {
    pub low: f64,
    pub high: f64,
}

/// Where the true value lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Decision {
    /// Below the range.
    Below,
    /// In the range.
    Inside,
    /// Above the range.
    Above,
    /// The interval has an end of the range in it.
    Open,
}

/// The evidence of an estimate on a range: for each place the probability of such an estimate if the
/// true value lay elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Evidence {
    below: f64,
    inside: f64,
    above: f64,
}

impl Range {
    /// `limit` and what is above it.
    pub const fn at_least(limit: f64) -> Self {
        Self {
            low: limit,
            high: f64::INFINITY,
        }
    }

    /// `limit` and what is below it.
    pub const fn at_most(limit: f64) -> Self {
        Self {
            low: f64::NEG_INFINITY,
            high: limit,
        }
    }

    /// The ratios that differ from 1 by less than `margin`, a part, which does not matter.
    pub fn around_one(margin: f64) -> Self {
        Self {
            low: 1.0 / (1.0 + margin),
            high: 1.0 + margin,
        }
    }

    /// The end that is nearer to `value`.
    pub fn nearest(&self, value: f64) -> f64 {
        let apart = |end: f64| (value - end).abs();
        match apart(self.low) < apart(self.high) {
            true => self.low,
            false => self.high,
        }
    }
}

impl Evidence {
    /// What `estimate` says of `range`.
    pub fn of(estimate: &Estimate, range: Range) -> Self {
        let (low, high) = (range.low, range.high);
        let within = [
            (low > f64::NEG_INFINITY).then(|| estimate.p_above(low)),
            (high < f64::INFINITY).then(|| estimate.p_below(high)),
        ];
        Self {
            below: match low > f64::NEG_INFINITY {
                true => estimate.p_below(low),
                false => 1.0,
            },
            inside: within.into_iter().flatten().fold(0.0, f64::max),
            above: match high < f64::INFINITY {
                true => estimate.p_above(high),
                false => 1.0,
            },
        }
    }

    /// The level at which it decides: twice the least, since the true value may lie on either side.
    pub fn p(&self) -> f64 {
        (2.0 * self.below.min(self.inside).min(self.above)).min(1.0)
    }

    /// What it decides at `level`. An exact value at an end of the range is inside.
    pub fn decide(&self, level: f64) -> Decision {
        match self.p() <= level {
            false => Decision::Open,
            true if self.inside <= self.below.min(self.above) => Decision::Inside,
            true if self.below < self.above => Decision::Below,
            true => Decision::Above,
        }
    }
}

/// The level at which each question of a family is decided, so that the probability of any wrong
/// decision is at most `alpha`, however the questions depend on each other.
///
/// Holm, "A Simple Sequentially Rejective Multiple Test Procedure", 1979. `p` are the levels at
/// which the evidence on each decides.
pub fn holm(p: &[f64], alpha: f64) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|a, b| p[*a].total_cmp(&p[*b]));
    let mut levels = vec![alpha; p.len()];
    let mut last = None;
    for (rank, question) in order.into_iter().enumerate() {
        let level = last.unwrap_or(alpha / (p.len() - rank) as f64);
        if p[question] > level {
            // All that follow are as open as this one.
            last = Some(level);
        }
        levels[question] = level;
    }
    levels
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Scale;

    fn of(values: &[f64]) -> Estimate {
        let boots: Vec<Vec<f64>> = values.iter().map(|v| vec![*v]).collect();
        Estimate::of(Scale::Ratio, &boots).unwrap()
    }

    fn decide(values: &[f64], range: Range) -> Decision {
        Evidence::of(&of(values), range).decide(0.05)
    }

    #[test]
    fn interval_beyond_the_limit_decides() {
        let around = |middle: f64| [0.98, 0.99, 1.0, 1.0, 1.01, 1.02].map(|part| part * middle);
        for (middle, range, due) in [
            (1.2, Range::at_least(1.1), Decision::Inside),
            (1.0, Range::at_least(1.1), Decision::Below),
            (1.1, Range::at_least(1.1), Decision::Open),
            (1.0, Range::at_most(1.1), Decision::Inside),
            (1.2, Range::at_most(1.1), Decision::Above),
            (1.0, Range::around_one(0.05), Decision::Inside),
            (0.9, Range::around_one(0.05), Decision::Below),
            (1.1, Range::around_one(0.05), Decision::Above),
            (1.05, Range::around_one(0.05), Decision::Open),
        ] {
            assert_eq!(decide(&around(middle), range), due, "{middle} {range:?}");
        }
    }

    #[test]
    fn one_boot_decides_nothing_and_an_exact_value_all() {
        assert_eq!(decide(&[50.0], Range::at_least(1.1)), Decision::Open);
        let exact = [2.0; 6];
        assert_eq!(decide(&exact, Range::at_least(2.0)), Decision::Inside);
        assert_eq!(decide(&exact, Range::at_most(2.0)), Decision::Inside);
        assert_eq!(decide(&exact, Range::at_most(1.9)), Decision::Above);
    }

    /// Holm 1979: four hypotheses with 0.01, 0.04, 0.03 and 0.005 at 0.05: those of 0.005 and 0.01
    /// are rejected.
    #[test]
    fn family_is_decided_in_steps() {
        let p = [0.01, 0.04, 0.03, 0.005];
        let levels = holm(&p, 0.05);
        let decided: Vec<bool> = p.iter().zip(&levels).map(|(p, level)| p <= level).collect();
        assert_eq!(decided, [true, false, false, true]);
        assert_eq!(levels, [0.05 / 3.0, 0.025, 0.025, 0.0125]);
        assert_eq!(holm(&[], 0.05), Vec::<f64>::new());
    }
}
