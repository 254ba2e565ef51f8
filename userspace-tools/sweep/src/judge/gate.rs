// SPDX-License-Identifier: GPL-2.0

//! Gates: rules of an experiment about its own numbers, held against the statistics.

mod judge;
mod quantity;
mod rule;

use std::fmt;

use serde::Serialize;
use serde_json::Value;

pub use self::{
    judge::{check, judge},
    quantity::{is_known, quantity, NAMES},
    rule::{setting as side_of, Rule},
};
use crate::{
    console::exit::Ended,
    plan::setting::{words, Point},
};

/// What is to be said of a rule.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It holds, and the measurements are sure of it.
    Holds,
    /// The measurements are too few, or too noisy: about so many repeats are needed.
    Inconclusive {
        /// Repeats of each side.
        repeats: usize,
    },
    /// It does not hold, and the measurements are sure of it.
    Broken,
}

/// A rule, held against the measurements at one point.
#[derive(Clone, Debug, Serialize)]
pub struct Gated {
    /// The part.
    pub part: String,
    /// The rule, as it is written.
    pub rule: String,
    /// Where on the axes that the rule does not name.
    pub at: Point,
    /// What was measured, with its interval.
    pub measured: String,
    /// What is to be said.
    pub verdict: Verdict,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Holds => f.write_str("holds"),
            Self::Broken => f.write_str("BROKEN"),
            Self::Inconclusive { repeats } => {
                write!(f, "inconclusive (about {repeats} repeats needed)")
            }
        }
    }
}

impl Gated {
    /// The rule and its place in one line.
    pub fn name(&self) -> String {
        let at = words(&self.at);
        let gap = if at.is_empty() { "" } else { ", at " };
        format!("{}: {}{gap}{at}", self.part, self.rule)
    }
}

/// What they come to together.
pub fn ended(gates: &[Gated]) -> Ended {
    let ended = gates.iter().map(|gate| match gate.verdict {
        Verdict::Holds => Ended::Held,
        Verdict::Inconclusive { .. } => Ended::Inconclusive,
        Verdict::Broken => Ended::Broken,
    });
    ended.max().unwrap_or(Ended::Held)
}

/// A value as one would write it, without quotes.
pub fn written(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_string)
}
