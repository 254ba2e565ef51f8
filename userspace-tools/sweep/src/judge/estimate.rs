// SPDX-License-Identifier: GPL-2.0

//! An estimate compared with a bound: the one place where a number becomes a verdict.

use std::fmt;

use statistics::{Interval, Shift};

use super::verdict::Verdict;
use crate::{console::numbers, plan::rule::Op};

/// A measured number and the interval that contains the true one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    pub value: f64,
    pub low: f64,
    pub high: f64,
}

impl Estimate {
    /// A number that is taken at its value, without an interval.
    pub fn exact(value: f64) -> Self {
        let (low, high) = (value, value);
        Self { value, low, high }
    }

    /// The same number without an interval that could decide anything.
    pub fn unbounded(&self) -> Self {
        Self {
            low: f64::NEG_INFINITY,
            high: f64::INFINITY,
            ..*self
        }
    }

    /// Compares with `bound`: PASS or FAIL only if the whole interval agrees.
    pub fn judge(&self, op: Op, bound: f64) -> Verdict {
        match (op.holds(self.low, bound), op.holds(self.high, bound)) {
            (true, true) => Verdict::Pass,
            (false, false) => Verdict::Fail,
            _ => Verdict::Inconclusive,
        }
    }

    /// About how many repeats a PASS or FAIL needs, after `n` that were inconclusive: an interval is
    /// half as wide with four times the repeats.
    pub fn repeats(&self, bound: f64, n: usize) -> usize {
        const FEWEST: usize = 5;
        let (half, apart) = ((self.high - self.low) / 2.0, (self.value - bound).abs());
        let times = (half / apart).powi(2);
        let needed = match times.is_finite() {
            true => ((n as f64 * times).ceil() as usize).clamp(n + 1, 10_000),
            false => n + 1,
        };
        needed.max(FEWEST)
    }
}

impl From<Shift> for Estimate {
    fn from(Shift { factor, low, high }: Shift) -> Self {
        let value = factor;
        Self { value, low, high }
    }
}

impl From<Interval> for Estimate {
    fn from(
        Interval {
            median, low, high, ..
        }: Interval,
    ) -> Self {
        let value = median;
        Self { value, low, high }
    }
}

impl fmt::Display for Estimate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let short = |value: f64| match value.is_finite() {
            true => numbers::short(value),
            false => "?".into(),
        };
        let [value, low, high] = [self.value, self.low, self.high].map(short);
        write!(f, "{value} [{low}, {high}]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn between(low: f64, value: f64, high: f64) -> Estimate {
        Estimate { value, low, high }
    }

    #[test]
    fn verdict_needs_the_whole_interval_on_one_side() {
        let at_least = |low, high| between(low, 1.0, high).judge(Op::AtLeast, 1.0);
        assert_eq!(at_least(1.1, 1.3), Verdict::Pass);
        assert_eq!(at_least(0.5, 0.9), Verdict::Fail);
        assert_eq!(at_least(0.9, 1.1), Verdict::Inconclusive);
        assert_eq!(between(1.0, 1.25, 1.5).repeats(1.125, 8), 32);
    }

    #[test]
    fn sample_too_small_for_an_interval_asks_for_five_repeats() {
        let ends = between(0.0, 1.2, f64::INFINITY);
        assert_eq!(ends.judge(Op::AtMost, 1.05), Verdict::Inconclusive);
        assert_eq!(ends.repeats(1.05, 2), 5);
    }
}
