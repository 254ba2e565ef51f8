// SPDX-License-Identifier: GPL-2.0

//! What may be said of two samples, one of them the reference.

use std::fmt;

use serde::Serialize;
use statrs::distribution::{ContinuousCDF, Normal};

use super::{middle, sorted, Rank, Shift};

/// When to say what.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct DifferenceTest {
    /// How often a difference may be seen where there is none.
    pub alpha: f64,
    /// Differences smaller than this part do not matter.
    pub margin: f64,
    /// How often a difference of `margin` is to be seen, with the repeats asked for.
    pub power: f64,
    /// Whether larger values are better.
    pub more_is_better: bool,
}

/// What is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Difference {
    /// A difference, for the good.
    Better,
    /// A difference, for the bad.
    Worse,
    /// If there is a difference it is smaller than what matters.
    NoDifferenceShown,
    /// Neither: more repeats are needed, on each side about so many in all.
    Inconclusive {
        /// Repeats on each side.
        repeats: usize,
    },
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Better => f.write_str("better"),
            Self::Worse => f.write_str("worse"),
            Self::NoDifferenceShown => f.write_str("no difference shown"),
            Self::Inconclusive { repeats } => {
                write!(f, "inconclusive (more repeats needed: about {repeats})")
            }
        }
    }
}

impl DifferenceTest {
    /// Judges `b` against the reference `a`. Nothing if one of them is empty.
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

    /// How many repeats on each side would show a difference of `margin`, as noisy as these are.
    ///
    /// Lehmann, "Nonparametrics", 1975, chapter 2.4: as for a difference of two means, of which the
    /// test of ranks needs π/3 times as many values where the noise is normal, and fewer where it
    /// is not.
    pub fn repeats(&self, a: &[f64], b: &[f64]) -> Option<usize> {
        let normal = Normal::standard();
        let z = normal.inverse_cdf(1.0 - self.alpha / 2.0) + normal.inverse_cdf(self.power);
        let apart = (1.0 + self.margin).ln() / noise(a, b)?;
        let repeats = 2.0 * (z / apart).powi(2) * std::f64::consts::FRAC_PI_3;
        Some((repeats.ceil() as usize).max(self.fewest()))
    }

    /// The smallest difference, as a part, that so many values as noisy as these would show.
    pub fn shown(&self, a: &[f64], b: &[f64]) -> Option<f64> {
        let normal = Normal::standard();
        let z = normal.inverse_cdf(1.0 - self.alpha / 2.0) + normal.inverse_cdf(self.power);
        let values = 1.0 / a.len() as f64 + 1.0 / b.len() as f64;
        let apart = noise(a, b)? * z * (values * std::f64::consts::FRAC_PI_3).sqrt();
        Some(apart.exp() - 1.0)
    }

    /// The fewest repeats on each side of which the test can say anything: those where two samples
    /// wholly apart are rarer than `alpha`.
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

/// How far values scatter about their own sample's median, as a part of themselves: the median of
/// the absolute differences of their logarithms, as large as the standard deviation where noise is
/// normal. One value far out makes the ranks no noisier, so it makes this no larger.
fn noise(a: &[f64], b: &[f64]) -> Option<f64> {
    let mut off = Vec::new();
    for values in [a, b] {
        let positive = values.iter().filter(|v| **v > 0.0);
        let logs = sorted(positive.map(|v| v.ln()));
        let middle = middle(&logs).unwrap_or(0.0);
        off.extend(logs.iter().map(|v| (v - middle).abs()));
    }
    // Values are nearer to the median of their own few than to the true one.
    let few = off.len() as f64 / (off.len() as f64 - 2.0);
    (few > 0.0 && few.is_finite())
        .then(|| middle(&sorted(off)))?
        .map(|off| (1.4826 * off * few).max(f64::EPSILON))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEST: DifferenceTest = DifferenceTest {
        alpha: 0.01,
        margin: 0.05,
        power: 0.99,
        more_is_better: true,
    };

    fn around(middle: f64) -> Vec<f64> {
        [-0.9, -0.5, -0.2, 0.0, 0.1, 0.4, 0.8]
            .map(|d| middle * (1.0 + d / 100.0))
            .into()
    }

    #[test]
    fn apart_is_better_or_worse_by_what_is_wanted() {
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
    fn close_together_is_no_difference_shown() {
        assert_eq!(
            TEST.judge(&around(100.0), &around(100.05)),
            Some(Difference::NoDifferenceShown)
        );
    }

    /// Three against three are apart by chance once in ten times, so nothing is said of them.
    #[test]
    fn too_few_ask_for_more() {
        let (a, b) = ([100.0, 101.0, 99.0], [150.0, 151.0, 149.0]);
        assert_eq!(
            TEST.judge(&a, &b),
            Some(Difference::Inconclusive { repeats: 5 })
        );
        assert_eq!(TEST.fewest(), 5);
        assert_eq!(
            DifferenceTest {
                alpha: 0.05,
                ..TEST
            }
            .fewest(),
            4
        );
    }

    #[test]
    fn the_noisier_the_more_repeats() {
        let wild = [50.0, 80.0, 100.0, 130.0, 190.0, 70.0];
        let calm = TEST.repeats(&around(100.0), &around(100.0)).unwrap();
        let many = TEST.repeats(&wild, &wild).unwrap();
        assert!(calm < 10 && many > 100, "{calm} {many}");
    }

    #[test]
    fn nothing_is_judged_of_nothing() {
        assert_eq!(TEST.judge(&[], &[1.0]), None);
    }
}
