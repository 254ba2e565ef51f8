// SPDX-License-Identifier: GPL-2.0

//! Report of a run.

mod lines;

use core::fmt::{
    Result,
    Write, //
};

use abi::{
    job_runner::{
        Config,
        JobEnd,
        JobFunction,
        Oracle,
        Rule,
        Run as RunLine,
        Sum,
        Switch,
        Timing,
        Unsound, //
    },
    status::OracleState,
    SCHEMA, //
};
use job::JobOutcome;
use rig::{
    FinishedRun,
    Load,
    Text, //
};

use crate::{
    coverage::Tally,
    oracle::broken_rule,
    run::Run, //
};

/// Writes the report.
pub(crate) fn write<L>(finished: &FinishedRun<'_, L>, to: &mut Text) -> Result
where
    L: Load<Config = Config, Run = Run>,
{
    let (config, run) = (finished.config, finished.run);
    let line = RunLine {
        schema: SCHEMA,
        run: finished.number,
    };
    writeln!(to, "{line}\nconfig {config}")?;
    let outcomes = run.outcomes.lock();
    let (oracle, unsound) = *run.oracle.lock();
    let tally = run.coverage.tally();
    let jobs = outcomes.iter().map(|(_, outcome)| outcome);
    let rule = broken_rule(jobs, config.undo == Switch::On, &tally);
    // A job that was stopped before it was called has no outcome, and random jobs have none here.
    let called = config.check == 0 && outcomes.len() == config.callers as usize;
    let rule = rule.filter(|&rule| called || rule != Rule::End);
    let timing = lines::timing(config, run, &outcomes, &tally, rule == Some(Rule::Undo));
    let sum = match config.check {
        0 => sum(config, &outcomes, &tally, &timing, rule),
        _ => sum_of_random(config, finished.elapsed_ns, &oracle),
    };
    let fault = lines::fault(&outcomes);
    writeln!(to, "{sum}\n{timing}\n{fault}\n{oracle}")?;
    if let Some(unsound) = unsound.or(rule.map(|rule| Unsound { job: 0, rule })) {
        writeln!(to, "{unsound}")?;
    }
    lines::workers(&outcomes, to)?;
    match config.trace {
        Switch::On => lines::chunks(&outcomes, to),
        Switch::Off => Ok(()),
    }
}

fn sum(
    config: &Config,
    outcomes: &[(u32, JobOutcome)],
    tally: &Tally,
    timing: &Timing,
    rule: Option<Rule>,
) -> Sum {
    let jobs = || outcomes.iter().map(|(_, outcome)| outcome);
    let called = jobs().map(|outcome| outcome.called_ns).min().unwrap_or(0);
    let returned = jobs().map(|outcome| outcome.returned_ns).max().unwrap_or(0);
    let counts = || jobs().flat_map(JobOutcome::counts);
    let chunks = counts().map(|counts| counts.chunks);
    let cut_short = matches!(timing.ended, JobEnd::Cancelled | JobEnd::Deadline);
    Sum {
        elapsed_ns: returned.saturating_sub(called),
        workers: counts().count() as u32,
        chunks: chunks.fold(0, u64::wrapping_add),
        once: tally.once,
        missed: tally.missed,
        repeated: tally.repeated,
        cut_short: cut_short.into(),
        coverage: coverage(config, outcomes, tally, timing, rule),
    }
}

/// Returns whether every index was done exactly once, up to where the job had to end.
fn coverage(
    config: &Config,
    outcomes: &[(u32, JobOutcome)],
    tally: &Tally,
    timing: &Timing,
    rule: Option<Rule>,
) -> OracleState {
    let fails_at = config.start.saturating_add(config.fail_at);
    let right = |outcome: &JobOutcome| match (outcome.end, outcome.fault) {
        (JobEnd::Failed, Some(fault)) => {
            config.job == JobFunction::Fault && fault.index == fails_at
        }
        (_, fault) => fault.is_none(),
    };
    // The totals of `page-init` and the sums are known, if all was done.
    let complete = tally.missed == 0 && config.plain == Switch::Off;
    let wrong_total = complete && timing.total != timing.expected;
    match () {
        () if wrong_total => OracleState::Broken,
        () if rule.is_some() => OracleState::Broken,
        () if !outcomes.iter().all(|(_, outcome)| right(outcome)) => OracleState::Broken,
        () if matches!(timing.ended, JobEnd::Done | JobEnd::Failed) => OracleState::Held,
        () => OracleState::Untested,
    }
}

fn sum_of_random(config: &Config, elapsed_ns: u64, oracle: &Oracle) -> Sum {
    let all = oracle.jobs == u64::from(config.check);
    Sum {
        elapsed_ns,
        workers: 0,
        chunks: 0,
        once: 0,
        missed: 0,
        repeated: 0,
        cut_short: (!all).into(),
        coverage: match (oracle.jobs == oracle.sound, all) {
            (false, _) => OracleState::Broken,
            (true, true) => OracleState::Held,
            (true, false) => OracleState::Untested,
        },
    }
}
