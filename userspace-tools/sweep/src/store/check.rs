// SPDX-License-Identifier: GPL-2.0

//! Records held against the plan: each run of the plan has one record, and each record a run.

use std::collections::{HashMap, HashSet};

use crate::{
    plan::runs::{Plan, Run},
    store::record::Record,
};

/// Why `records` are not the runs of `plan`; a run without a record is none. Results of schema 1 have no
/// plan, and must then have one record of each number.
pub fn contradiction(plan: Option<&Plan>, records: &[Record]) -> Option<String> {
    let due: Option<HashMap<usize, &Run>> =
        plan.map(|plan| plan.runs().map(|run| (run.seq, run)).collect());
    let mut seen = HashSet::new();
    records.iter().find_map(|record| {
        let seq = record.run.seq;
        if !seen.insert(seq) {
            return Some(format!("run {seq} is recorded more than once"));
        }
        match due.as_ref()?.get(&seq) {
            None => Some(format!("record {seq} is of no run of the plan")),
            Some(run) if is_of(record, run) => None,
            Some(run) => {
                let (line, planned) = (&record.line, run.line());
                Some(format!(
                    "run {seq} is recorded as `{line}`, planned as `{planned}`"
                ))
            }
        }
    })
}

fn is_of(record: &Record, run: &Run) -> bool {
    record.line == run.line() && record.scenario == run.scenario && record.repeat == run.repeat
}

/// Why the records do not make a complete result.
pub fn incomplete(plan: Option<&Plan>, records: &[Record]) -> Option<String> {
    let due = plan.map_or(0, |plan| plan.runs().count());
    contradiction(plan, records).or_else(|| {
        let missing = due.saturating_sub(records.len());
        (missing > 0).then(|| format!("{missing} of {due} runs have no record"))
    })
}
