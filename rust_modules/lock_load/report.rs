// SPDX-License-Identifier: GPL-2.0

//! What a run came to.

use core::fmt::{
    Result,
    Write, //
};

use abi::{
    event::Event,
    lock_load::{
        Machine,
        Run,
        Sum,
        Thread, //
    },
    status::OracleState,
    SCHEMA, //
};
use algo::primitive::Relaxed;
use rig::{
    FinishedRun,
    Text, //
};

use crate::{
    contest::Contest,
    instruments::evidence,
    job::Task,
    told::Told,
    watched,
    LockLoad, //
};

pub(crate) fn write(
    machine: &LockLoad,
    ended: &FinishedRun<'_, LockLoad>,
    to: &mut Text,
) -> Result {
    let run = Run {
        schema: SCHEMA,
        run: ended.number,
    };
    writeln!(to, "{run}\nconfig {}", ended.config)?;
    match &ended.run.task {
        Task::Contest(contest) => contested(machine, ended, contest, to),
        Task::Trial(trial) => {
            let told = Told::of(trial.line(), trial.tally(), trial.dog());
            told.write(&machine_line(machine, ended), ended, to)
        }
        Task::Halts(halts) => {
            let told = Told::of(halts.line(), halts.tally(), halts.dog());
            told.write(&machine_line(machine, ended), ended, to)
        }
    }
}

/// What the machine is to this run.
fn machine_line(machine: &LockLoad, ended: &FinishedRun<'_, LockLoad>) -> Machine {
    Machine {
        kernel_lock: machine.kernel_lock,
        mode: machine.mode,
        kick: ended.run.kick,
        loops_per_us: machine.delay_loop.loops_per_us(),
        evidence: evidence(),
    }
}

fn contested(
    machine: &LockLoad,
    ended: &FinishedRun<'_, LockLoad>,
    contest: &Contest,
    to: &mut Text,
) -> Result {
    writeln!(to, "{}", sum(contest, ended.elapsed_ns))?;
    let disturbed = contest.disturb.disturbed();
    writeln!(to, "{}\n{disturbed}", machine_line(machine, ended))?;
    for (index, (counts, place)) in (0..).zip(contest.counts().zip(ended.placements)) {
        let thread = Thread {
            index,
            vcpu: place.vcpu(),
            sections: counts.sections.load(Relaxed),
            halts: counts.event("halts"),
            kicks: counts.event("kicks"),
            moved: place.moved(),
            queued_ns: place.queued_ns(),
        };
        writeln!(to, "{thread}")?;
    }
    for (name, count) in contest.events() {
        writeln!(to, "{}", Event { name, count })?;
    }
    watched::write(contest, ended, to)
}

fn sum(contest: &Contest, elapsed_ns: u64) -> Sum {
    let each = || contest.counts().map(|counts| counts.sections.load(Relaxed));
    let sections = each().fold(0, u64::wrapping_add);
    let lost = match contest.excludes {
        true => contest.lost(sections),
        false => 0,
    };
    Sum {
        elapsed_ns,
        sections,
        min: each().min().unwrap_or(0),
        mean: sections.checked_div(each().count() as u64).unwrap_or(0),
        max: each().max().unwrap_or(0),
        halts: contest.event("halts"),
        kicks: contest.event("kicks"),
        // One thread that did all the sections had nobody to keep out.
        exclusion: match lost {
            0 if !contest.excludes || each().filter(|&n| n > 0).count() < 2 => {
                OracleState::Untested
            }
            0 => OracleState::Held,
            _ => OracleState::Broken,
        },
        lost,
    }
}
