// SPDX-License-Identifier: GPL-2.0

//! Confidence levels and error rates: every one that the tools use.

/// Two-sided confidence of the intervals that tables, charts and fits show.
pub const SHOWN: f64 = 0.95;

/// Probability of any wrong decision in a family: the lines of a comparison, the rules of an
/// experiment, the claims of a file.
pub const FAMILY: f64 = 0.05;

/// Default margin: smaller differences do not matter.
pub const MARGIN: f64 = 0.05;

/// A level as text: `95 %`.
pub fn percent(level: f64) -> String {
    format!("{:.0} %", level * 100.0)
}
