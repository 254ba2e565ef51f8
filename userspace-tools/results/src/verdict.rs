// SPDX-License-Identifier: GPL-2.0

//! The one type of verdict: oracles, checks, rules, claims and baselines all give it.

use std::fmt;

use exit_code::Exit;
use serde::{Deserialize, Serialize};

/// A verdict; the worse, the larger.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Verdict {
    /// Measured, and as required.
    Pass,
    /// Not asked for, or not testable here.
    Skip,
    /// Measured, and the data support neither PASS nor FAIL.
    Inconclusive,
    /// Required, and not measured.
    #[serde(rename = "NOT MEASURED")]
    NotMeasured,
    /// Measured, and not as required.
    Fail,
}

impl Verdict {
    /// All of them, the best first.
    pub const ALL: [Self; 5] = [
        Self::Pass,
        Self::Fail,
        Self::Inconclusive,
        Self::Skip,
        Self::NotMeasured,
    ];

    /// The verdict as all output has it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Pass => "PASS",
            Self::Skip => "SKIP",
            Self::Inconclusive => "INCONCLUSIVE",
            Self::NotMeasured => "NOT MEASURED",
            Self::Fail => "FAIL",
        }
    }

    /// How a tool with this verdict ends.
    pub fn exit(self) -> Exit {
        match self {
            Self::Pass | Self::Skip => Exit::Pass,
            Self::Inconclusive => Exit::Inconclusive,
            Self::NotMeasured => Exit::NotMeasured,
            Self::Fail => Exit::Fail,
        }
    }

    /// The worst of several; of none, nothing was measured.
    pub fn worst(verdicts: impl IntoIterator<Item = Self>) -> Self {
        verdicts.into_iter().max().unwrap_or(Self::NotMeasured)
    }

    /// `3 PASS, 1 FAIL, 0 INCONCLUSIVE`, and the others if there are any.
    pub fn count(verdicts: impl IntoIterator<Item = Self>) -> String {
        Self::count_as(verdicts, Self::word)
    }

    /// The same in other words.
    pub fn count_as(
        verdicts: impl IntoIterator<Item = Self>,
        word: impl Fn(Self) -> &'static str,
    ) -> String {
        let verdicts: Vec<Self> = verdicts.into_iter().collect();
        let counts = Self::ALL.map(|one| (one, verdicts.iter().filter(|v| **v == one).count()));
        let always = |one| matches!(one, Self::Pass | Self::Fail | Self::Inconclusive);
        let shown = counts.iter().filter(|(one, n)| *n > 0 || always(*one));
        let shown: Vec<String> = shown
            .map(|(one, n)| format!("{n} {}", word(*one)))
            .collect();
        shown.join(", ")
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

impl From<bool> for Verdict {
    fn from(holds: bool) -> Self {
        match holds {
            true => Self::Pass,
            false => Self::Fail,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn worst_verdict_decides_and_the_count_names_what_occurred() {
        let all = [Verdict::Pass, Verdict::Skip, Verdict::Pass];
        assert_eq!(Verdict::worst(all), Verdict::Skip);
        assert_eq!(Verdict::worst([]), Verdict::NotMeasured);
        let text = "2 PASS, 0 FAIL, 0 INCONCLUSIVE, 1 SKIP";
        assert_eq!(Verdict::count(all), text);
    }

    #[test]
    fn each_verdict_but_skip_has_an_exit_code_of_its_own() {
        let codes = Verdict::ALL.map(|verdict| verdict.exit().code());
        assert_eq!(codes, [0, 1, 3, 0, 4]);
    }
}
