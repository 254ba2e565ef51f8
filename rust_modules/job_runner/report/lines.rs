// SPDX-License-Identifier: GPL-2.0

//! Lines of a report, from the outcomes of the jobs.

use core::fmt::{
    Result,
    Write, //
};

use abi::job_runner::{
    Chunk,
    Config,
    Fault,
    JobEnd,
    Timing,
    Worker, //
};
use algo::primitive::Relaxed;
use job::JobOutcome;
use rig::Text;

use crate::{
    coverage::Tally,
    run::Run, //
};

/// How several jobs ended: as the first that was not completed. A job that was stopped before it was
/// called has no outcome.
fn end(config: &Config, outcomes: &[(u32, JobOutcome)]) -> JobEnd {
    let mut ends = outcomes.iter().map(|(_, outcome)| outcome.end);
    match ends.find(|&end| end != JobEnd::Done) {
        Some(end) => end,
        None if config.check == 0 && outcomes.len() < config.callers as usize => JobEnd::Cancelled,
        None => JobEnd::Done,
    }
}

/// Times: the longest of all jobs.
pub(super) fn timing(
    config: &Config,
    run: &Run,
    outcomes: &[(u32, JobOutcome)],
    tally: &Tally,
    undo_is_broken: bool,
) -> Timing {
    let jobs = || outcomes.iter().map(|(_, outcome)| outcome);
    let longest = |of: fn(&JobOutcome) -> u64| jobs().map(of).max().unwrap_or(0);
    let sum = |of: fn(&JobOutcome) -> u64| jobs().map(of).fold(0, u64::saturating_add);
    let (total, expected) = run.task.totals();
    let inner = &run.inner_helpers;
    Timing {
        ended: end(config, outcomes),
        first_ns: longest(JobOutcome::first_ns),
        last_ns: longest(JobOutcome::last_ns),
        tail_ns: longest(JobOutcome::tail_ns),
        wanted: (sum(|o| o.wanted.into()) as u32).saturating_add(inner.wanted.load(Relaxed)),
        helpers: (sum(|o| o.helpers.into()) as u32).saturating_add(inner.borrowed.load(Relaxed)),
        most_helpers: run.pool.peak(),
        undone: sum(|outcome| outcome.undone),
        disorder: sum(|outcome| outcome.disorder)
            .saturating_add(tally.wrong)
            .saturating_add(u64::from(undo_is_broken)),
        undo_ns: longest(|outcome| outcome.undo_ns),
        total,
        expected,
        plain_ns: run.plain_ns.load(Relaxed),
    }
}

pub(super) fn fault(outcomes: &[(u32, JobOutcome)]) -> Fault {
    match outcomes.iter().find_map(|(_, outcome)| outcome.fault) {
        Some(fault) => Fault {
            errno: fault.errno.to_errno().unsigned_abs(),
            index: fault.index,
            chunk_start: fault.chunk_start,
            chunk_end: fault.chunk_end,
            worker: fault.worker,
        },
        None => Fault {
            errno: 0,
            index: 0,
            chunk_start: 0,
            chunk_end: 0,
            worker: 0,
        },
    }
}

/// Writes a line for each worker of all jobs.
pub(super) fn workers(outcomes: &[(u32, JobOutcome)], to: &mut Text) -> Result {
    let all = outcomes
        .iter()
        .flat_map(|(_, outcome)| outcome.workers().map(move |worker| (outcome, worker)));
    for (index, (outcome, worker)) in (0..).zip(all) {
        let (slot, counts) = (worker.slot(), worker.counts());
        // A worker that never began, and that the caller did not stand in for, was not needed.
        let or_returned = |ns| if ns == 0 { outcome.returned_ns } else { ns };
        let line = Worker {
            index,
            vcpu: slot.vcpu,
            node: slot.node,
            chunks: counts.chunks,
            items: counts.items,
            start_ns: or_returned(counts.begun_ns).saturating_sub(outcome.called_ns),
            busy_ns: counts.busy_ns,
            handout_ns: counts.handout_ns,
            take_ns: counts.take_ns,
            look_ns: counts.look_ns,
            stalls: counts.stalls,
            stalled_ns: counts.stalled_ns,
            idle_ns: outcome
                .returned_ns
                .saturating_sub(or_returned(counts.ended_ns)),
            asleep_ns: counts.asleep_ns,
            lost_ns: counts.lost_ns,
            cpu_ns: counts.cpu_ns,
            steals: counts.steals,
            moved: counts.moved as u32,
            absent: counts.absent as u32,
        };
        writeln!(to, "{line}")?;
    }
    Ok(())
}

/// Writes a line for each recorded chunk of all jobs.
pub(super) fn chunks(outcomes: &[(u32, JobOutcome)], to: &mut Text) -> Result {
    let all = outcomes
        .iter()
        .flat_map(|(_, outcome)| outcome.workers().map(move |worker| (outcome, worker)));
    for (index, (outcome, worker)) in (0..).zip(all) {
        for chunk in worker.chunks() {
            let line = Chunk {
                worker: index,
                start: chunk.start.get(),
                end: chunk.end.get(),
                from_ns: chunk.from_ns.get().saturating_sub(outcome.called_ns),
                to_ns: chunk.to_ns.get().saturating_sub(outcome.called_ns),
            };
            writeln!(to, "{line}")?;
        }
    }
    Ok(())
}
