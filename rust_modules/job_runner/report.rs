// SPDX-License-Identifier: GPL-2.0

//! What a run came to.

mod lines;

use core::fmt::{
    Result,
    Write, //
};

use abi::{
    job_runner::{
        Config,
        JobEnd as How,
        JobFunction,
        Run,
        Sum,
        Switch, //
    },
    status::OracleState,
    SCHEMA, //
};
use job::Done;
use rig::{
    FinishedRun,
    Text, //
};

use crate::{
    coverage::Tally,
    run::worse,
    JobRunner, //
};

pub(crate) fn write(ended: &FinishedRun<'_, JobRunner>, to: &mut Text) -> Result {
    let run = Run {
        schema: SCHEMA,
        run: ended.number,
    };
    writeln!(to, "{run}\nconfig {}", ended.config)?;
    let done = ended.run.done.lock();
    let oracle = *ended.run.oracle.lock();
    let tally = ended.run.coverage.tally();
    let timing = lines::timing(ended, &done, &tally);
    let sum = match ended.config.check {
        0 => sum(ended, &done, &tally, &timing),
        _ => sum_of_random(ended, &oracle),
    };
    writeln!(to, "{sum}\n{timing}\n{}\n{oracle}", lines::fault(&done))?;
    let callers = || done.iter().map(|(_, done)| done);
    let mut index = 0;
    for job in callers() {
        lines::workers(job, &mut index, to)?;
    }
    if ended.config.trace == Switch::On {
        let mut index = 0;
        for job in callers() {
            lines::chunks(job, &mut index, to)?;
        }
    }
    Ok(())
}

fn sum(
    ended: &FinishedRun<'_, JobRunner>,
    done: &[(u32, Done)],
    tally: &Tally,
    timing: &abi::job_runner::Timing,
) -> Sum {
    let jobs = || done.iter().map(|(_, done)| done);
    let called = jobs().map(|done| done.called_ns).min().unwrap_or(0);
    let returned = jobs().map(|done| done.returned_ns).max().unwrap_or(0);
    let slots = || jobs().flat_map(Done::slots);
    let chunks = slots().map(|slot| lines::load(&slot.chunks));
    let how = jobs().fold(How::Done, |how, done| worse(how, done.ended));
    // Told to stop before anything began, it is cut short as well.
    let cut_short =
        tally.missed > 0 && (ended.stopped_early || matches!(how, How::Cancelled | How::Deadline));
    Sum {
        elapsed_ns: returned.saturating_sub(called),
        workers: slots().count() as u32,
        chunks: chunks.fold(0, u64::wrapping_add),
        once: tally.once,
        missed: tally.missed,
        repeated: tally.repeated,
        cut_short: (cut_short && how != How::Failed).into(),
        coverage: verdict(ended.config, done, tally, timing, cut_short),
    }
}

/// Whether every index was done exactly once, up to where the job had to end.
fn verdict(
    config: &Config,
    done: &[(u32, Done)],
    tally: &Tally,
    timing: &abi::job_runner::Timing,
    cut_short: bool,
) -> OracleState {
    let fails_at = config.start.saturating_add(config.fail_at);
    let right = |done: &Done| match (done.ended, done.fault) {
        (How::Failed, Some(fault)) => config.job == JobFunction::Fault && fault.index == fails_at,
        (_, fault) => fault.is_none(),
    };
    let failed = done.iter().any(|(_, done)| done.ended == How::Failed);
    // `page-init` and the sums must come to what they must, if all was done.
    let whole = tally.missed == 0 && config.plain == Switch::Off;
    let wrong_total = whole && timing.total != timing.expected;
    match () {
        () if tally.repeated > 0 || timing.disorder > 0 || wrong_total => OracleState::Broken,
        () if !done.iter().all(|(_, done)| right(done)) => OracleState::Broken,
        () if tally.missed == 0 || failed => OracleState::Held,
        () if cut_short => OracleState::Untested,
        () => OracleState::Broken,
    }
}

fn sum_of_random(ended: &FinishedRun<'_, JobRunner>, oracle: &abi::job_runner::Oracle) -> Sum {
    let all = oracle.jobs == u64::from(ended.config.check);
    Sum {
        elapsed_ns: ended.elapsed_ns,
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
