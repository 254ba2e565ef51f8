// SPDX-License-Identifier: GPL-2.0

//! One check of `validate`: what it measures, what is allowed, its verdict.

use abi::{status::OracleState, trial::Trial};
use debugfs::{Error, Result};
use results::{Case, Verdict};

use super::session::Session;

/// What a check found: text and verdict. Its [`Check`] names it.
pub fn found(measured: impl Into<String>, verdict: impl Into<Verdict>) -> Case {
    Case::new("", verdict.into(), measured)
}

/// The verdict on what an oracle saw of `work` units of work.
pub fn of(oracle: OracleState, work: u64) -> Verdict {
    match (oracle, work) {
        (OracleState::Broken, _) => Verdict::Fail,
        (_, 0) => Verdict::NotMeasured,
        (OracleState::Held, _) => Verdict::Pass,
        (OracleState::Untested, _) => Verdict::Inconclusive,
    }
}

/// The verdict on a trial, which promises that no wake-up is lost in all its rounds.
pub fn of_trial(trial: &Trial) -> Verdict {
    match (trial.lost, trial.rounds) {
        (1.., _) => Verdict::Fail,
        (0, 0) => Verdict::NotMeasured,
        (0, rounds) if rounds < trial.wanted => Verdict::Inconclusive,
        (0, _) => Verdict::Pass,
    }
}

type Make = dyn Fn(&Session) -> Result<Case>;

/// A check to be made.
pub struct Check {
    pub name: String,
    allowed: String,
    make: Box<Make>,
}

impl Check {
    /// A check called `name`, made by `make`.
    pub fn new(
        name: impl Into<String>,
        allowed: impl Into<String>,
        make: impl Fn(&Session) -> Result<Case> + 'static,
    ) -> Self {
        Self {
            name: name.into(),
            allowed: allowed.into(),
            make: Box::new(make),
        }
    }

    /// Makes it. A run that does not end as it must is FAIL, another error NOT MEASURED; a signal is an
    /// error.
    pub fn make(self, session: &Session) -> Result<Case> {
        let case = match (self.make)(session) {
            Ok(case) => case,
            Err(error @ Error::Interrupted { .. }) => return Err(error),
            Err(error) => found(error.to_string(), of_error(&error)),
        };
        Ok(Case {
            name: self.name,
            allowed: Some(self.allowed),
            ..case
        })
    }
}

fn of_error(error: &Error) -> Verdict {
    match error {
        Error::TimedOut { .. } | Error::Failed { .. } | Error::Contradiction { .. } => {
            Verdict::Fail
        }
        _ => Verdict::NotMeasured,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trial(rounds: u64, lost: u64) -> Verdict {
        let text = format!(
            "trial wanted=10 rounds={rounds} kicked={rounds} late=0 spurious=0 lost={lost} storm=0 \
             wake_mean_ns=0 wake_max_ns=0 verdict=untested"
        );
        of_trial(&text.parse().unwrap())
    }

    #[test]
    fn trial_passes_only_with_all_its_rounds() {
        assert_eq!(trial(10, 0), Verdict::Pass);
        assert_eq!(trial(9, 0), Verdict::Inconclusive);
        assert_eq!(trial(0, 0), Verdict::NotMeasured);
        assert_eq!(trial(0, 1), Verdict::Fail);
    }

    #[test]
    fn oracle_passes_only_with_work() {
        assert_eq!(of(OracleState::Held, 1), Verdict::Pass);
        assert_eq!(of(OracleState::Held, 0), Verdict::NotMeasured);
        assert_eq!(of(OracleState::Untested, 1), Verdict::Inconclusive);
        assert_eq!(of(OracleState::Broken, 0), Verdict::Fail);
    }

    #[test]
    fn hung_run_fails_and_missing_module_is_not_measured() {
        let hung = Error::TimedOut {
            path: "/d".into(),
            state: abi::status::State::Running,
            waited: std::time::Duration::ZERO,
        };
        assert_eq!(of_error(&hung), Verdict::Fail);
        let gone = Error::Unloaded {
            path: "/d".into(),
            module: "lock-load",
        };
        assert_eq!(of_error(&gone), Verdict::NotMeasured);
    }
}
