// SPDX-License-Identifier: GPL-2.0

//! Oracle of jobs: their outcomes against the coverage, which the job function alone marks.

use abi::job_runner::{
    JobEnd,
    Rule, //
};
use job::JobOutcome;

use crate::coverage::Tally;

/// Returns the first rule that jobs broke. `tally` is of their ranges together; `undo`: whether what
/// a job that is not completed has done is undone.
pub(crate) fn broken_rule<'a>(
    jobs: impl Iterator<Item = &'a JobOutcome> + Clone,
    undo: bool,
    tally: &Tally,
) -> Option<Rule> {
    let due = |outcome: &JobOutcome| match undo && outcome.end != JobEnd::Done {
        true => items(outcome),
        false => 0,
    };
    let all_done = jobs.clone().all(|outcome| outcome.end == JobEnd::Done);
    let undone = sum(jobs.clone(), due);
    match () {
        () if tally.repeated > 0 => Some(Rule::Coverage),
        () if all_done != (tally.missed == 0) => Some(Rule::End),
        () if jobs.clone().any(|outcome| outcome.end == JobEnd::Unsound) => Some(Rule::End),
        () if sum(jobs.clone(), items) != tally.once => Some(Rule::Count),
        () if tally.wrong > 0 || tally.undone != undone => Some(Rule::Undo),
        () if sum(jobs.clone(), |outcome| outcome.undone) != undone => Some(Rule::Undo),
        () if sum(jobs.clone(), |outcome| outcome.disorder) > 0 => Some(Rule::Undo),
        () if !jobs.clone().all(names_its_fault) => Some(Rule::Fault),
        () => None,
    }
}

fn names_its_fault(outcome: &JobOutcome) -> bool {
    match outcome.fault {
        None => outcome.end != JobEnd::Failed,
        Some(fault) => {
            let chunk = fault.chunk_start..fault.chunk_end;
            outcome.end == JobEnd::Failed && chunk.contains(&fault.index)
        }
    }
}

/// Returns how many indices the workers of a job counted.
fn items(outcome: &JobOutcome) -> u64 {
    let items = outcome.counts().map(|counts| counts.items);
    items.fold(0, u64::wrapping_add)
}

fn sum<'a>(jobs: impl Iterator<Item = &'a JobOutcome>, of: impl Fn(&JobOutcome) -> u64) -> u64 {
    jobs.map(of).fold(0, u64::wrapping_add)
}
