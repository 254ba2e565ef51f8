// SPDX-License-Identifier: GPL-2.0

//! Holds what the oracles said against what the experiment expects.

use std::fmt;

use abi::status::OracleState;
use results::AnyReport;
use serde::Serialize;

use crate::{
    plan::experiment::{Oracle, Scenario},
    plan::setting::{matches, words, Point},
    store::record::Record,
};

/// A run that did not come out as it must.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Fault {
    /// The run's number in the plan.
    pub seq: usize,
    /// The repeat.
    pub repeat: u32,
    /// The part.
    #[serde(rename = "part")]
    pub scenario: String,
    /// The run's settings on the axes, or all of its line if it came to no report.
    pub at: String,
    /// What is wrong.
    pub why: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            seq,
            repeat,
            scenario,
            at,
            why,
        } = self;
        write!(f, "run {seq} ({scenario}, repeat {repeat}, {at}): {why}")
    }
}

/// What `part` expects of the oracle in runs with these settings; the last word counts.
pub fn expected(scenario: &Scenario, settings: &Point) -> Option<Oracle> {
    let said = scenario
        .expect
        .iter()
        .filter(|expect| matches(&expect.of, settings));
    said.filter_map(|expect| expect.oracle).last()
}

/// Every run of `part` whose oracle is not as expected.
pub fn faults(scenario: &Scenario, records: &[Record]) -> Vec<Fault> {
    let mine = records
        .iter()
        .filter(|record| record.scenario == scenario.name);
    mine.filter_map(|record| fault(scenario, record)).collect()
}

fn fault(scenario: &Scenario, record: &Record) -> Option<Fault> {
    let fault = |at: String, why: String| Fault {
        seq: record.run.seq,
        repeat: record.repeat,
        scenario: scenario.name.clone(),
        at,
        why,
    };
    let Some(report) = record.run.report() else {
        let error = record.run.error().unwrap_or("no report");
        return Some(fault(record.line.clone(), error.into()));
    };
    let settings = record.settings();
    let why =
        contradiction(report).or_else(|| judge(expected(scenario, &settings), report.verdict()));
    let axes = settings
        .iter()
        .filter(|(key, _)| scenario.axes.contains_key(*key));
    let at: Point = axes.map(|(k, v)| (k.clone(), v.clone())).collect();
    why.map(|why| fault(words(&at), why))
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

/// Without a word from the experiment, nothing may be broken.
fn judge(expected: Option<Oracle>, verdict: OracleState) -> Option<String> {
    match (expected, verdict) {
        (Some(Oracle::Caught), OracleState::Broken) => None,
        (Some(Oracle::Caught), seen) => Some(format!(
            "broken on purpose, and NOT CAUGHT (the oracle says `{seen}`): passing means nothing"
        )),
        (_, OracleState::Broken) => Some("BROKEN: the oracle saw the promise violated".into()),
        (Some(Oracle::Held), OracleState::Untested) => Some("the oracle says `untested`".into()),
        (_, OracleState::Held | OracleState::Untested) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_broken_on_purpose_must_be_caught() {
        let caught = Some(Oracle::Caught);
        assert_eq!(judge(caught, OracleState::Broken), None);
        assert!(judge(caught, OracleState::Held)
            .unwrap()
            .contains("NOT CAUGHT"));
        assert!(judge(caught, OracleState::Untested)
            .unwrap()
            .contains("NOT CAUGHT"));
    }

    #[test]
    fn nothing_else_may_be_broken() {
        assert!(judge(None, OracleState::Broken).unwrap().contains("BROKEN"));
        assert!(judge(Some(Oracle::Held), OracleState::Broken).is_some());
        assert_eq!(judge(None, OracleState::Untested), None);
        assert_eq!(judge(None, OracleState::Held), None);
        assert!(judge(Some(Oracle::Held), OracleState::Untested).is_some());
    }
}
