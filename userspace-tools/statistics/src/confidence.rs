// SPDX-License-Identifier: GPL-2.0

//! Confidence levels and error rates: every one that the tools use.

/// Two-sided confidence of the intervals that tables, charts and fits show.
pub const SHOWN: f64 = 0.95;

/// Probability that the interval a rule is compared with misses the true value, on either side. A
/// rule asks about one end of it, so a wrong PASS or FAIL has half that probability.
pub const RULE_ALPHA: f64 = 0.1;

/// Default probability that a comparison of two results reports a difference where there is none.
pub const ALPHA: f64 = 0.01;

/// Probability that a comparison detects a difference as large as its margin.
pub const POWER: f64 = 0.99;

/// The same for the comparison with a baseline, which runs more often and may widen its tolerance.
pub const BASELINE_POWER: f64 = 0.9;

/// Default tolerance of the comparison with a baseline, however little the noise.
pub const BASELINE_FLOOR: f64 = 0.02;

/// Largest useful tolerance of that comparison: with more it would pass half the speed.
pub const BASELINE_MOST: f64 = 1.0;

/// Default margin: smaller differences do not matter.
pub const MARGIN: f64 = 0.05;

/// A level as text: `95 %`.
pub fn percent(level: f64) -> String {
    format!("{:.0} %", level * 100.0)
}
