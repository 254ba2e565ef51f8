// SPDX-License-Identifier: GPL-2.0

//! Outcome of a run: PASS, FAIL or SKIP, given what the load under test promises.

use std::fmt;

use abi::status::OracleState;
use serde::{Serialize, Serializer};

/// The outcome of a run; the worse, the larger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// Nothing was promised, or one thread alone cannot break the promise.
    Skip,
    /// The promise held.
    Pass,
    /// The oracle caught the busted member, as it must.
    Caught,
    /// The run ended before its work was done.
    CutShort,
    /// The oracle did not catch the busted member.
    NotCaught,
    /// The promise was broken.
    Fail,
}

impl Outcome {
    /// The outcome of `verdict`. A `busted` load must be broken, at least where `must_show` says
    /// that a run cannot hide it.
    pub fn of(verdict: OracleState, busted: bool, must_show: bool) -> Self {
        match (busted, verdict) {
            (true, OracleState::Broken) => Self::Caught,
            (true, _) if must_show => Self::NotCaught,
            (true, _) => Self::Skip,
            (false, OracleState::Held) => Self::Pass,
            (false, OracleState::Broken) => Self::Fail,
            (false, OracleState::Untested) => Self::Skip,
        }
    }

    /// Whether a tool exits with a failure.
    pub fn failed(self) -> bool {
        self >= Self::CutShort
    }

    /// The reason of a failure.
    pub fn complaint(self) -> Option<&'static str> {
        match self {
            Self::Skip | Self::Pass | Self::Caught => None,
            Self::CutShort => Some("stopped, or at its limit, before all work was done"),
            Self::NotCaught => Some("the oracle did not catch the busted member; run it longer"),
            Self::Fail => Some("the oracle saw a promise broken"),
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Skip => "SKIP",
            Self::Pass => "PASS",
            Self::Caught => "PASS (caught)",
            Self::CutShort => "FAIL (cut short)",
            Self::NotCaught => "FAIL (not caught)",
            Self::Fail => "FAIL",
        })
    }
}

impl Serialize for Outcome {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_busted_load_may_break_and_it_must() {
        let outcome = |verdict, busted, must_show| Outcome::of(verdict, busted, must_show);
        assert_eq!(outcome(OracleState::Broken, true, true), Outcome::Caught);
        assert_eq!(outcome(OracleState::Held, true, true), Outcome::NotCaught);
        assert_eq!(outcome(OracleState::Untested, true, false), Outcome::Skip);
        assert_eq!(outcome(OracleState::Broken, false, true), Outcome::Fail);
        assert_eq!(outcome(OracleState::Held, false, true), Outcome::Pass);
    }

    #[test]
    fn a_busted_load_that_is_not_caught_fails() {
        assert!(Outcome::NotCaught.failed() && Outcome::Fail.failed());
        assert!(Outcome::CutShort.failed());
        assert!(!Outcome::Caught.failed() && !Outcome::Skip.failed());
    }
}
