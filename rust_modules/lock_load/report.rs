// SPDX-License-Identifier: GPL-2.0

//! The lines of a report that every kind of run has.

use core::fmt::{
    Result,
    Write, //
};

use abi::{
    lock_load::{
        Machine,
        Run,
        Sum,
        Thread, //
    },
    SCHEMA, //
};

use crate::{
    prelude::*,
    thread_counts::event,
    workload::{
        Finished,
        Workload, //
    }, //
};

/// Writes the number and the settings of the run.
pub(crate) fn head(run: u64, config: &Config, to: &mut Text) -> Result {
    let schema = SCHEMA;
    writeln!(to, "{}\nconfig {config}", Run { schema, run })
}

/// Writes all that follows.
pub(crate) fn write(
    workload: &dyn Workload,
    machine: &Machine,
    finished: &Finished<'_>,
    to: &mut Text,
) -> Result {
    let sum = sum(workload, finished.elapsed_ns);
    writeln!(to, "{sum}\n{machine}\n{}", workload.torture())?;
    for (index, (counts, place)) in (0..).zip(workload.counts().iter().zip(finished.placements)) {
        let thread = Thread {
            index,
            vcpu: place.vcpu(),
            sections: counts.sections.get(),
            halts: counts.event("halts"),
            kicks: counts.event("kicks"),
            moved: place.moved(),
            queued_ns: place.queued_ns(),
        };
        writeln!(to, "{thread}")?;
    }
    workload.details(finished, to)
}

fn sum(workload: &dyn Workload, elapsed_ns: u64) -> Sum {
    let counts = workload.counts();
    let each = || counts.iter().map(|thread| thread.sections.get());
    let sections = each().fold(0, u64::wrapping_add);
    let lost = workload.lost_updates(sections);
    Sum {
        elapsed_ns,
        sections,
        min: each().min().unwrap_or(0),
        mean: sections.checked_div(counts.len() as u64).unwrap_or(0),
        max: each().max().unwrap_or(0),
        halts: event(counts, "halts"),
        kicks: event(counts, "kicks"),
        // One thread that completed all the sections had no other to exclude.
        exclusion: match lost {
            Some(1..) => OracleState::Broken,
            Some(0) if each().filter(|&n| n > 0).count() >= 2 => OracleState::Held,
            _ => OracleState::Untested,
        },
        lost: lost.unwrap_or(0),
    }
}
