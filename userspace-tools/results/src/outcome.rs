// SPDX-License-Identifier: GPL-2.0

//! Outcome of a run: its verdict with the reason, given what the load under test promises.

use std::fmt;

use abi::status::OracleState;

use crate::Verdict;

/// The outcome of a run. Of several runs of the same settings the largest counts: an oracle that
/// had nothing to compare in one of them may have had in another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// Nothing was promised, or one thread alone cannot break the promise.
    Skip,
    /// The oracle had nothing to compare: one thread had the whole run to itself, or no read was audited.
    Inconclusive,
    /// The promise held.
    Pass,
    /// The oracle caught the busted member, as it must.
    Caught,
    /// No unit of work was done.
    NotMeasured,
    /// The run ended before its work was done.
    CutShort,
    /// The oracle did not catch the busted member.
    NotCaught,
    /// The promise was broken.
    Fail,
}

impl Outcome {
    /// The outcome of what the oracle saw. A `busted` load must be broken, at least in a run that
    /// `can_show` it; any other must hold.
    pub fn of(oracle: OracleState, busted: bool, can_show: bool) -> Self {
        match (busted, oracle) {
            (true, OracleState::Broken) => Self::Caught,
            (true, _) if can_show => Self::NotCaught,
            (false, OracleState::Held) => Self::Pass,
            (false, OracleState::Broken) => Self::Fail,
            (false, OracleState::Untested) if can_show => Self::Inconclusive,
            (_, OracleState::Held | OracleState::Untested) => Self::Skip,
        }
    }

    /// The verdict, without its reason.
    pub fn verdict(self) -> Verdict {
        match self {
            Self::Skip => Verdict::Skip,
            Self::Inconclusive => Verdict::Inconclusive,
            Self::Pass | Self::Caught => Verdict::Pass,
            Self::NotMeasured => Verdict::NotMeasured,
            Self::CutShort | Self::NotCaught | Self::Fail => Verdict::Fail,
        }
    }

    /// Whether the verdict is FAIL.
    pub fn failed(self) -> bool {
        self.verdict() == Verdict::Fail
    }

    /// The reason of a verdict other than PASS and SKIP.
    pub fn complaint(self) -> Option<&'static str> {
        match self {
            Self::Skip | Self::Pass | Self::Caught => None,
            Self::Inconclusive => Some("the oracle had nothing to compare; run it longer"),
            Self::NotMeasured => Some("no unit of work was done; run it longer"),
            Self::CutShort => Some("stopped, or at its limit, before all work was done"),
            Self::NotCaught => Some("the oracle did not catch the busted member; run it longer"),
            Self::Fail => Some("the oracle saw a promise broken"),
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Caught => "PASS (caught)",
            Self::CutShort => "FAIL (cut short)",
            Self::NotCaught => "FAIL (not caught)",
            other => other.verdict().word(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use OracleState::{Broken, Held, Untested};

    #[test]
    fn only_a_busted_load_may_break_and_it_must() {
        for (busted, can_show, oracle, outcome) in [
            (true, true, Broken, Outcome::Caught),
            (true, true, Held, Outcome::NotCaught),
            (true, false, Untested, Outcome::Skip),
            (false, true, Broken, Outcome::Fail),
            (false, true, Held, Outcome::Pass),
        ] {
            assert_eq!(Outcome::of(oracle, busted, can_show), outcome);
        }
    }

    #[test]
    fn untested_promise_is_no_pass() {
        assert_eq!(Outcome::of(Untested, false, true), Outcome::Inconclusive);
        assert_eq!(Outcome::of(Untested, false, false), Outcome::Skip);
    }

    #[test]
    fn busted_load_that_is_not_caught_fails() {
        assert!(Outcome::NotCaught.failed() && Outcome::Fail.failed());
        assert!(Outcome::CutShort.failed());
        assert!(!Outcome::Caught.failed() && !Outcome::Skip.failed());
    }

    #[test]
    fn every_other_verdict_has_its_reason() {
        for outcome in [
            Outcome::Skip,
            Outcome::Inconclusive,
            Outcome::Pass,
            Outcome::Caught,
            Outcome::NotMeasured,
            Outcome::CutShort,
            Outcome::NotCaught,
            Outcome::Fail,
        ] {
            let silent = matches!(outcome.verdict(), Verdict::Pass | Verdict::Skip);
            assert_eq!(outcome.complaint().is_none(), silent, "{outcome}");
        }
    }
}
