// SPDX-License-Identifier: GPL-2.0

//! Verdicts of the oracles, compared with what the experiment expects.

use std::fmt;

use abi::status::OracleState;
use results::AnyReport;
use serde::Serialize;

use crate::{
    judge::verdict::Verdict,
    plan::{
        experiment::{Oracle, Scenario},
        setting::{matches, words, Point},
    },
    store::record::Record,
};

/// A run whose oracle is not as expected, or that has no report.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Fault {
    /// The run's number in the plan.
    pub seq: usize,
    pub repeat: u32,
    #[serde(rename = "part")]
    pub scenario: String,
    /// The run's settings on the axes, or its whole line if it has no report.
    pub at: String,
    pub why: String,
    /// NOT MEASURED of a run without a report, else FAIL.
    pub verdict: Verdict,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seq, repeat, scenario) = (self.seq, self.repeat, &self.scenario);
        let (at, why) = (&self.at, &self.why);
        write!(f, "run {seq} ({scenario}, repeat {repeat}, {at}): {why}")
    }
}

/// What `scenario` expects of the oracle in runs with these settings; the last match counts.
pub fn expected(scenario: &Scenario, settings: &Point) -> Option<Oracle> {
    let expects = scenario.expect.iter();
    let mine = expects.filter(|expect| matches(&expect.of, settings));
    mine.filter_map(|expect| expect.oracle).next_back()
}

/// Every run of `scenario` whose oracle is not as expected.
pub fn faults(scenario: &Scenario, records: &[Record]) -> Vec<Fault> {
    let mine = records
        .iter()
        .filter(|record| record.scenario == scenario.name);
    mine.filter_map(|record| fault(scenario, record)).collect()
}

fn fault(scenario: &Scenario, record: &Record) -> Option<Fault> {
    let fault = |verdict, at: String, why: String| Fault {
        seq: record.run.seq,
        repeat: record.repeat,
        scenario: scenario.name.clone(),
        at,
        why,
        verdict,
    };
    let Some(report) = record.run.report() else {
        let error = record.run.error().unwrap_or("no report");
        let line = record.line.clone();
        return Some(fault(Verdict::NotMeasured, line, error.into()));
    };
    let settings = record.settings();
    if report.rate() == 0.0 && record.repeat > 0 {
        return Some(fault(
            Verdict::NotMeasured,
            record.line.clone(),
            "nothing was done: its rate is zero".into(),
        ));
    }
    let expected = expected(scenario, &settings);
    let why = contradiction(report).or_else(|| unexpected(expected, report.verdict()))?;
    let axes = settings
        .iter()
        .filter(|(key, _)| scenario.axes.contains_key(*key));
    let at: Point = axes.map(|(k, v)| (k.clone(), v.clone())).collect();
    Some(fault(Verdict::Fail, words(&at), why))
}

/// Where a report contradicts itself, or is of a job that did not complete.
fn contradiction(report: &AnyReport) -> Option<String> {
    match (report.check(), report) {
        (Err(why), _) => Some(format!("the report contradicts itself: {why}")),
        (Ok(()), AnyReport::JobRunner(job)) if job.sum.cut_short > 0 => {
            Some("the job did not complete within limit_ms".into())
        }
        (Ok(()), _) => None,
    }
}

/// Why `state` is not as expected. Unless the experiment says otherwise, no oracle may see a
/// violation.
fn unexpected(expected: Option<Oracle>, state: OracleState) -> Option<String> {
    match (expected, state) {
        (Some(Oracle::Caught), OracleState::Broken) => None,
        (Some(Oracle::Caught), state) => Some(format!(
            "busted, and NOT CAUGHT (oracle: `{state}`): a PASS of others means nothing"
        )),
        (_, OracleState::Broken) => Some("BROKEN: the oracle saw a violation".into()),
        (Some(Oracle::Held), OracleState::Untested) => Some("oracle: `untested`".into()),
        (_, OracleState::Held | OracleState::Untested) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use abi::status::OracleState::{Broken, Held, Untested};

    #[test]
    fn busted_must_be_caught_and_nothing_else_may_be_broken() {
        let (caught, held) = (Some(Oracle::Caught), Some(Oracle::Held));
        for (expected, state, wrong) in [
            (caught, Broken, None),
            (caught, Held, Some("NOT CAUGHT")),
            (caught, Untested, Some("NOT CAUGHT")),
            (None, Broken, Some("BROKEN")),
            (None, Held, None),
            (None, Untested, None),
            (held, Broken, Some("BROKEN")),
            (held, Held, None),
            (held, Untested, Some("untested")),
        ] {
            let why = unexpected(expected, state);
            assert_eq!(why.is_some(), wrong.is_some(), "{expected:?} {state}");
            assert!(why.unwrap_or_default().contains(wrong.unwrap_or("")));
        }
    }
}
