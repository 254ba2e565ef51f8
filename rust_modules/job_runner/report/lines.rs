// SPDX-License-Identifier: GPL-2.0

//! The lines of a report, from what the jobs came to.

use core::fmt::{
    Result,
    Write, //
};

use abi::job_runner::{
    Chunk,
    Fault,
    JobEnd as How,
    Switch,
    Timing,
    Worker, //
};
use algo::primitive::{
    Atomic,
    Relaxed, //
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

pub(super) fn load(number: &Atomic<u64>) -> u64 {
    number.load(Relaxed)
}

/// Where the time went: the worst of all jobs.
pub(super) fn timing(
    ended: &FinishedRun<'_, JobRunner>,
    done: &[(u32, Done)],
    tally: &Tally,
) -> Timing {
    let jobs = || done.iter().map(|(_, done)| done);
    let worst = |of: fn(&Done) -> u64| jobs().map(of).max().unwrap_or(0);
    let sum = |of: fn(&Done) -> u64| jobs().map(of).fold(0, u64::saturating_add);
    let (total, expected) = ended.run.totals();
    // What a job that ended badly has done is undone by each that was to undo it, and by no other.
    let undoes = ended.config.undo == Switch::On;
    let due = jobs().filter(|done| undoes && done.ended != How::Done);
    let items = due.flat_map(Done::slots).map(|slot| load(&slot.items));
    let undone = sum(|done| done.undone);
    let right = items.fold(0, u64::saturating_add) == undone && tally.undone == undone;
    Timing {
        ended: jobs().fold(How::Done, |how, done| worse(how, done.ended)),
        first_ns: worst(Done::first_ns),
        last_ns: worst(Done::last_ns),
        tail_ns: worst(Done::tail_ns),
        wanted: sum(|done| done.wanted.into()) as u32,
        helpers: sum(|done| done.helpers.into()) as u32,
        most_helpers: ended.run.most_helpers(),
        undone,
        disorder: sum(|done| done.disorder)
            .saturating_add(tally.wrong)
            .saturating_add(u64::from(!right)),
        undo_ns: worst(|done| done.undo_ns),
        total,
        expected,
        plain_ns: ended.run.plain_ns.load(Relaxed),
    }
}

pub(super) fn fault(done: &[(u32, Done)]) -> Fault {
    match done.iter().find_map(|(_, done)| done.fault) {
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

/// A line for each worker of a job.
pub(super) fn workers(done: &Done, index: &mut u32, to: &mut Text) -> Result {
    for slot in done.slots() {
        let seat = slot.seat();
        // One that the caller never stood in for was not needed for anything.
        let ended_ns = match load(&slot.ended_ns) {
            0 => done.returned_ns,
            ns => ns,
        };
        let begun_ns = match load(&slot.begun_ns) {
            0 => done.returned_ns,
            ns => ns,
        };
        let worker = Worker {
            index: *index,
            vcpu: seat.vcpu,
            node: seat.node,
            chunks: load(&slot.chunks),
            items: load(&slot.items),
            start_ns: begun_ns.saturating_sub(done.called_ns),
            busy_ns: load(&slot.busy_ns),
            handout_ns: load(&slot.handout_ns),
            take_ns: load(&slot.take_ns),
            look_ns: load(&slot.look_ns),
            stalls: load(&slot.stalls),
            stalled_ns: load(&slot.stalled_ns),
            idle_ns: done.returned_ns.saturating_sub(ended_ns),
            asleep_ns: load(&slot.asleep_ns),
            lost_ns: load(&slot.lost_ns),
            cpu_ns: load(&slot.cpu_ns),
            steals: load(&slot.steals),
            moved: load(&slot.moved) as u32,
            absent: load(&slot.absent) as u32,
        };
        writeln!(to, "{worker}")?;
        *index = index.wrapping_add(1);
    }
    Ok(())
}

/// A line for each chunk that was recorded.
pub(super) fn chunks(done: &Done, index: &mut u32, to: &mut Text) -> Result {
    for slot in done.slots() {
        for mark in slot.marks() {
            let chunk = Chunk {
                worker: *index,
                start: load(&mark.start),
                end: load(&mark.end),
                from_ns: load(&mark.from_ns).saturating_sub(done.called_ns),
                to_ns: load(&mark.to_ns).saturating_sub(done.called_ns),
            };
            writeln!(to, "{chunk}")?;
        }
        *index = index.wrapping_add(1);
    }
    Ok(())
}
