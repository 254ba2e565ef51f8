// SPDX-License-Identifier: GPL-2.0

//! Whether a run came out as it must.

use std::fmt;

use abi::status::Verdict;

/// A run's verdict, seen together with what was promised. The later, the worse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// Nothing was promised, or nothing could be seen.
    Untested,
    /// The promise was kept.
    Held,
    /// The one that is broken on purpose was seen to be.
    Caught,
    /// It ended before its work was done.
    CutShort,
    /// The one that is broken on purpose was not seen to be: the test is blind.
    Missed,
    /// The promise was broken.
    Broken,
}

impl Outcome {
    /// Judges `verdict` of a load that is broken on purpose if `busted`, and where that must show
    /// if `must_show`.
    pub fn of(verdict: Verdict, busted: bool, must_show: bool) -> Self {
        match (busted, verdict) {
            (true, Verdict::Broken) => Self::Caught,
            (true, _) if must_show => Self::Missed,
            (true, _) => Self::Untested,
            (false, Verdict::Held) => Self::Held,
            (false, Verdict::Broken) => Self::Broken,
            (false, Verdict::Untested) => Self::Untested,
        }
    }

    /// Whether a tool has to exit with a failure.
    pub fn failed(self) -> bool {
        self >= Self::CutShort
    }

    /// What is wrong, if something is.
    pub fn complaint(self) -> Option<&'static str> {
        match self {
            Self::Untested | Self::Held | Self::Caught => None,
            Self::CutShort => Some("stopped, or given up at its limit, before all was done"),
            Self::Missed => Some("what is broken on purpose was not seen to be; run it longer"),
            Self::Broken => Some("what was promised was seen not to hold"),
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Untested => "untested",
            Self::Held => "held",
            Self::Caught => "CAUGHT",
            Self::CutShort => "CUT SHORT",
            Self::Missed => "MISSED",
            Self::Broken => "BROKEN",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_busted_may_break_and_it_must() {
        assert_eq!(Outcome::of(Verdict::Broken, true, true), Outcome::Caught);
        assert_eq!(Outcome::of(Verdict::Held, true, true), Outcome::Missed);
        assert_eq!(
            Outcome::of(Verdict::Untested, true, false),
            Outcome::Untested
        );
        assert_eq!(Outcome::of(Verdict::Broken, false, true), Outcome::Broken);
        assert_eq!(Outcome::of(Verdict::Held, false, true), Outcome::Held);
    }

    #[test]
    fn a_blind_test_fails_as_a_broken_promise_does() {
        assert!(Outcome::Missed.failed() && Outcome::Broken.failed());
        assert!(Outcome::CutShort.failed());
        assert!(!Outcome::Caught.failed() && !Outcome::Untested.failed());
    }
}
