// SPDX-License-Identifier: GPL-2.0

//! What a run came to.

use core::fmt::{
    Result,
    Write, //
};

use abi::{
    job_runner::{
        Run,
        Sum,
        Worker, //
    },
    status::Verdict,
    SCHEMA, //
};
use algo::primitive::Relaxed;
use rig::{
    Ended,
    Text, //
};

use crate::{
    coverage::Tally,
    shift::Shift,
    JobRunner, //
};

pub(crate) fn write(ended: &Ended<'_, JobRunner>, to: &mut Text) -> Result {
    let run = Run {
        schema: SCHEMA,
        run: ended.number,
    };
    writeln!(to, "{run}\nconfig {}", ended.config)?;
    writeln!(to, "{}", sum(ended))?;
    for (index, (counts, place)) in (0..).zip(ended.run.counts().zip(ended.places)) {
        let worker = Worker {
            index,
            vcpu: place.vcpu(),
            chunks: counts.chunks.load(Relaxed),
            items: counts.items.load(Relaxed),
            busy_ns: counts.busy_ns.load(Relaxed),
            moved: place.moved(),
        };
        writeln!(to, "{worker}")?;
    }
    Ok(())
}

fn sum(ended: &Ended<'_, JobRunner>) -> Sum {
    let shift: &Shift = ended.run;
    let Tally {
        once,
        missed,
        repeated,
    } = shift.coverage.tally();
    let cut_short = missed > 0 && ended.told_to_stop;
    Sum {
        elapsed_ns: ended.elapsed_ns,
        workers: shift.workers(),
        chunks: shift
            .counts()
            .fold(0, |n, counts| n.wrapping_add(counts.chunks.load(Relaxed))),
        once,
        missed,
        repeated,
        cut_short: cut_short.into(),
        coverage: match (repeated, missed) {
            (0, 0) => Verdict::Held,
            (0, _) if cut_short => Verdict::Untested,
            _ => Verdict::Broken,
        },
    }
}
