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
        Run as RunLine,
        Sum,
        Switch,
        Timing, //
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
    let oracle = *run.oracle.lock();
    let tally = run.coverage.tally();
    let timing = lines::timing(config, run, &outcomes, &tally);
    let sum = match config.check {
        0 => sum(config, finished.stopped_early, &outcomes, &tally, &timing),
        _ => sum_of_random(config, finished.elapsed_ns, &oracle),
    };
    let fault = lines::fault(&outcomes);
    writeln!(to, "{sum}\n{timing}\n{fault}\n{oracle}")?;
    lines::workers(&outcomes, to)?;
    match config.trace {
        Switch::On => lines::chunks(&outcomes, to),
        Switch::Off => Ok(()),
    }
}

fn sum(
    config: &Config,
    stopped_early: bool,
    outcomes: &[(u32, JobOutcome)],
    tally: &Tally,
    timing: &Timing,
) -> Sum {
    let jobs = || outcomes.iter().map(|(_, outcome)| outcome);
    let called = jobs().map(|outcome| outcome.called_ns).min().unwrap_or(0);
    let returned = jobs().map(|outcome| outcome.returned_ns).max().unwrap_or(0);
    let counts = || jobs().flat_map(JobOutcome::counts);
    let chunks = counts().map(|counts| counts.chunks);
    let end = timing.ended;
    // A job that was stopped before anything began is cut short, too.
    let cut_short =
        tally.missed > 0 && (stopped_early || matches!(end, JobEnd::Cancelled | JobEnd::Deadline));
    Sum {
        elapsed_ns: returned.saturating_sub(called),
        workers: counts().count() as u32,
        chunks: chunks.fold(0, u64::wrapping_add),
        once: tally.once,
        missed: tally.missed,
        repeated: tally.repeated,
        cut_short: (cut_short && end != JobEnd::Failed).into(),
        coverage: coverage(config, outcomes, tally, timing, cut_short),
    }
}

/// Returns whether every index was done exactly once, up to where the job had to end.
fn coverage(
    config: &Config,
    outcomes: &[(u32, JobOutcome)],
    tally: &Tally,
    timing: &Timing,
    cut_short: bool,
) -> OracleState {
    let fails_at = config.start.saturating_add(config.fail_at);
    let right = |outcome: &JobOutcome| match (outcome.end, outcome.fault) {
        (JobEnd::Failed, Some(fault)) => {
            config.job == JobFunction::Fault && fault.index == fails_at
        }
        (_, fault) => fault.is_none(),
    };
    let failed = outcomes.iter().any(|(_, o)| o.end == JobEnd::Failed);
    // The totals of `page-init` and the sums are known, if all was done.
    let complete = tally.missed == 0 && config.plain == Switch::Off;
    let wrong_total = complete && timing.total != timing.expected;
    match () {
        () if tally.repeated > 0 || timing.disorder > 0 || wrong_total => OracleState::Broken,
        () if !outcomes.iter().all(|(_, outcome)| right(outcome)) => OracleState::Broken,
        () if tally.missed == 0 || failed => OracleState::Held,
        () if cut_short => OracleState::Untested,
        () => OracleState::Broken,
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
