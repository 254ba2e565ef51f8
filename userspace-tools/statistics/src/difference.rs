// SPDX-License-Identifier: GPL-2.0

//! Test of two samples, one of them the reference: better, worse, no difference or inconclusive.

use std::fmt;

use serde::Serialize;
use statrs::distribution::{ContinuousCDF, Normal};

use super::{middle, sorted, Rank, Shift};

/// Limits of the test.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct DifferenceTest {
    /// Probability of a difference where there is none.
    pub alpha: f64,
    /// The smallest difference that matters, a part.
    pub margin: f64,
    /// Probability to detect a difference of `margin` with the repeats that the test asks for.
    pub power: f64,
    /// Whether larger values are better.
    pub more_is_better: bool,
}

/// What the test found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Difference {
    /// The sample is better than the reference.
    Better,
    /// The sample is worse than the reference.
    Worse,
    /// A difference, if there is one, is smaller than the margin.
    NoDifferenceShown,
    /// None of these is supported by the data.
    Inconclusive {
        /// About how many repeats on each side are needed.
        repeats: usize,
    },
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind())?;
        match self {
            Self::Inconclusive { repeats } => write!(f, " (about {repeats} repeats needed)"),
            _ => Ok(()),
        }
    }
}

impl Difference {
    fn kind(&self) -> &'static str {
        match self {
            Self::Better => "better",
            Self::Worse => "worse",
            Self::NoDifferenceShown => "no difference shown",
            Self::Inconclusive { .. } => "inconclusive",
        }
    }

    /// How many of `all` are better, worse, without difference and inconclusive.
    pub fn count(all: &[Self]) -> [(&'static str, usize); 4] {
        ["better", "worse", "no difference shown", "inconclusive"]
            .map(|kind| (kind, all.iter().filter(|one| one.kind() == kind).count()))
    }
}

impl DifferenceTest {
    /// Compares `b` with the reference `a`. Nothing if one of them is empty.
    pub fn judge(&self, a: &[f64], b: &[f64]) -> Option<Difference> {
        let rank = Rank::of(a, b)?;
        if rank.p < self.alpha {
            return Some(match (rank.larger > 0.5) == self.more_is_better {
                true => Difference::Better,
                false => Difference::Worse,
            });
        }
        if Shift::of(a, b, self.alpha)?.within(self.margin) {
            return Some(Difference::NoDifferenceShown);
        }
        let has = a.len().min(b.len());
        let repeats = self.repeats(a, b)?.max(has + 1);
        Some(Difference::Inconclusive { repeats })
    }

    /// How many repeats on each side, as noisy as these, show a difference of `margin`.
    ///
    /// Lehmann, "Nonparametrics", 1975, chapter 2.4: as for a difference of two means, of which the
    /// rank test needs π/3 times as many values where the noise is normal, and fewer where it is
    /// not.
    fn repeats(&self, a: &[f64], b: &[f64]) -> Option<usize> {
        let apart = (1.0 + self.margin).ln() / noise(a, b)?;
        let repeats = 2.0 * (self.z() / apart).powi(2) * std::f64::consts::FRAC_PI_3;
        Some((repeats.ceil() as usize).max(self.fewest()))
    }

    /// The smallest difference, a part, that so many values as noisy as these show.
    pub fn shown(&self, a: &[f64], b: &[f64]) -> Option<f64> {
        let values = 1.0 / a.len() as f64 + 1.0 / b.len() as f64;
        let apart = noise(a, b)? * self.z() * (values * std::f64::consts::FRAC_PI_3).sqrt();
        Some(apart.exp() - 1.0)
    }

    /// Standard deviations between two means of which the test detects the difference.
    fn z(&self) -> f64 {
        let normal = Normal::standard();
        normal.inverse_cdf(1.0 - self.alpha / 2.0) + normal.inverse_cdf(self.power)
    }

    /// The fewest repeats on each side with which the test can detect anything: those where two
    /// samples that do not overlap are rarer than `alpha`.
    pub fn fewest(&self) -> usize {
        let mut orders = 1.0;
        (1..)
            .find(|&n| {
                let n = n as f64;
                orders *= 2.0 * (2.0 * n - 1.0) / n; // 2n over n
                2.0 / orders < self.alpha
            })
            .unwrap_or(1)
    }
}

/// Scatter of the values about the median of their own sample, as a part: the median of the absolute
/// differences of their logarithms, scaled to the standard deviation of normal noise. One outlier
/// does not raise it, as it does not make the ranks noisier.
fn noise(a: &[f64], b: &[f64]) -> Option<f64> {
    let mut off = Vec::new();
    for values in [a, b] {
        let positive = values.iter().filter(|v| **v > 0.0);
        let logs = sorted(positive.map(|v| v.ln()));
        let middle = middle(&logs).unwrap_or(0.0);
        off.extend(logs.iter().map(|v| (v - middle).abs()));
    }
    // Values are nearer to the median of their own sample than to the true one.
    let few = off.len() as f64 / (off.len() as f64 - 2.0);
    let off = middle(&sorted(off)).filter(|_| few > 0.0 && few.is_finite())?;
    Some((1.4826 * off * few).max(f64::EPSILON))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub const TEST: DifferenceTest = DifferenceTest {
        alpha: 0.01,
        margin: 0.05,
        power: 0.99,
        more_is_better: true,
    };

    fn around(middle: f64) -> Vec<f64> {
        let off = [-0.9, -0.5, -0.2, 0.0, 0.1, 0.4, 0.8];
        off.map(|d| middle * (1.0 + d / 100.0)).into()
    }

    #[test]
    fn separate_samples_are_better_or_worse_by_what_is_better() {
        let (a, b) = (around(100.0), around(110.0));
        assert_eq!(TEST.judge(&a, &b), Some(Difference::Better));
        assert_eq!(TEST.judge(&b, &a), Some(Difference::Worse));
        let times = DifferenceTest {
            more_is_better: false,
            ..TEST
        };
        assert_eq!(times.judge(&a, &b), Some(Difference::Worse));
    }

    #[test]
    fn close_samples_show_no_difference() {
        let judged = TEST.judge(&around(100.0), &around(100.05));
        assert_eq!(judged, Some(Difference::NoDifferenceShown));
        assert_eq!(TEST.judge(&[], &[1.0]), None);
    }

    /// Three against three do not overlap by chance once in ten times.
    #[test]
    fn too_few_repeats_ask_for_more() {
        let (a, b) = ([100.0, 101.0, 99.0], [150.0, 151.0, 149.0]);
        let judged = TEST.judge(&a, &b);
        assert_eq!(judged, Some(Difference::Inconclusive { repeats: 5 }));
        let alpha = |alpha| DifferenceTest { alpha, ..TEST };
        assert_eq!((alpha(0.01).fewest(), alpha(0.05).fewest()), (5, 4));
    }

    #[test]
    fn noisier_samples_need_more_repeats() {
        let wild = [50.0, 80.0, 100.0, 130.0, 190.0, 70.0];
        let calm = TEST.repeats(&around(100.0), &around(100.0)).unwrap();
        let many = TEST.repeats(&wild, &wild).unwrap();
        assert!(calm < 10 && many > 100, "{calm} {many}");
    }

    #[test]
    fn differences_are_counted_by_kind() {
        let all = [
            Difference::Worse,
            Difference::Inconclusive { repeats: 5 },
            Difference::Worse,
        ];
        let count = Difference::count(&all).map(|(_, n)| n);
        assert_eq!(count, [0, 2, 0, 1]);
    }
}
