// SPDX-License-Identifier: GPL-2.0

//! Differences between two samples of boots: better, worse or equivalent by a margin, or inconclusive.

use std::fmt;

use serde::Serialize;
use statistics::{confidence, holm, Bounds, Decision, Estimate, Evidence, Range};

use super::{decide::needed, verdict::Verdict};

/// When to call a difference.
#[derive(clap::Args, Clone, Copy, Debug)]
pub struct Limits {
    /// Probability that any line of a comparison is called wrongly.
    #[arg(long, default_value_t = confidence::FAMILY, value_parser = fraction)]
    pub alpha: f64,
    /// Smallest difference that matters, a fraction.
    #[arg(long, default_value_t = confidence::MARGIN, value_parser = fraction)]
    pub margin: f64,
}

/// A number above 0 and below 1.
pub fn fraction(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(fraction) if fraction > 0.0 && fraction < 1.0 => Ok(fraction),
        _ => Err("allowed: a number above 0 and below 1, for instance 0.05".into()),
    }
}

/// What a comparison found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Difference {
    /// Better by more than the margin.
    Better,
    /// Worse by more than the margin.
    Worse,
    /// A difference, if there is one, is smaller than the margin.
    Equivalent,
    /// None of these is supported by the data.
    Inconclusive {
        /// About how many boots are needed, if any number would do.
        boots: Option<usize>,
    },
}

/// A ratio with its difference, and the interval that decided it.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Called {
    pub ratio: Bounds,
    /// The level of the interval.
    pub level: f64,
    pub difference: Difference,
}

/// Calls the differences of one family of ratios, each with whether more is better.
pub fn call(ratios: &[(Estimate, bool)], limits: &Limits) -> Vec<Called> {
    let range = Range::around_one(limits.margin);
    let evidence = ratios.iter().map(|(ratio, _)| Evidence::of(ratio, range));
    let evidence: Vec<Evidence> = evidence.collect();
    let p: Vec<f64> = evidence.iter().map(Evidence::p).collect();
    let levels = holm(&p, limits.alpha);
    let called = ratios.iter().zip(&evidence).zip(levels);
    let called = called.map(|(((ratio, more), evidence), level)| Called {
        ratio: ratio.bounds(level),
        level,
        difference: match (evidence.decide(level), more) {
            (Decision::Inside, _) => Difference::Equivalent,
            (Decision::Above, true) | (Decision::Below, false) => Difference::Better,
            (Decision::Above, false) | (Decision::Below, true) => Difference::Worse,
            (Decision::Open, _) => Difference::Inconclusive {
                boots: ratio.boots_needed(range.nearest(ratio.value()), level),
            },
        },
    });
    called.collect()
}

impl Difference {
    fn kind(self) -> &'static str {
        match self {
            Self::Better => "better",
            Self::Worse => "worse",
            Self::Equivalent => "equivalent",
            Self::Inconclusive { .. } => "inconclusive",
        }
    }

    /// How many of `all` are of each kind.
    pub fn count(all: &[Self]) -> [(&'static str, usize); 4] {
        ["better", "worse", "equivalent", "inconclusive"]
            .map(|kind| (kind, all.iter().filter(|one| one.kind() == kind).count()))
    }

    pub fn verdict(self) -> Verdict {
        match self {
            Self::Better | Self::Equivalent => Verdict::Pass,
            Self::Worse => Verdict::Fail,
            Self::Inconclusive { .. } => Verdict::Inconclusive,
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind())?;
        match self {
            Self::Inconclusive { boots } => f.write_str(&needed(*boots)),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use statistics::Scale;

    use super::*;

    const LIMITS: Limits = Limits {
        alpha: confidence::FAMILY,
        margin: confidence::MARGIN,
    };

    fn around(middle: f64) -> Estimate {
        let boots = [0.99, 0.995, 1.0, 1.0, 1.005, 1.01].map(|part| vec![part * middle]);
        Estimate::of(Scale::Ratio, &boots).unwrap()
    }

    fn of(middle: f64, more_is_better: bool) -> Difference {
        call(&[(around(middle), more_is_better)], &LIMITS)[0].difference
    }

    #[test]
    fn difference_is_called_beyond_the_margin() {
        assert_eq!(of(1.1, true), Difference::Better);
        assert_eq!(of(1.1, false), Difference::Worse);
        assert_eq!(of(0.9, true), Difference::Worse);
        assert_eq!(of(1.0, true), Difference::Equivalent);
        // A change of 2 % does not matter, however sure it is.
        assert_eq!(of(1.02, false), Difference::Equivalent);
        assert!(matches!(of(1.05, true), Difference::Inconclusive { .. }));
    }

    #[test]
    fn differences_are_counted_by_kind() {
        let all = [
            Difference::Worse,
            Difference::Inconclusive { boots: Some(5) },
            Difference::Worse,
        ];
        assert_eq!(Difference::count(&all).map(|(_, n)| n), [0, 2, 0, 1]);
        assert_eq!(all[1].to_string(), "inconclusive (about 5 boots needed)");
    }
}
