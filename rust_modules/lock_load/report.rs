// SPDX-License-Identifier: GPL-2.0

//! What a run came to.

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
    status::Verdict,
    SCHEMA, //
};
use algo::primitive::Relaxed;
use rig::{
    Ended,
    Text, //
};

use crate::{
    contest::Contest,
    LockLoad, //
};

pub(crate) fn write(machine: &LockLoad, ended: &Ended<'_, LockLoad>, to: &mut Text) -> Result {
    let run = Run {
        schema: SCHEMA,
        run: ended.number,
    };
    writeln!(to, "{run}\nconfig {}", ended.config)?;
    writeln!(to, "{}", sum(&ended.run.contest, ended.elapsed_ns))?;
    let machine = Machine {
        kernel_lock: machine.kernel_lock,
        mode: machine.mode,
        kick: ended.run.kick,
        loops_per_us: machine.pace.loops_per_us(),
    };
    writeln!(to, "{machine}\n{}", ended.run.contest.disturb.disturbed())?;
    for (index, (counts, place)) in (0..).zip(ended.run.contest.counts().zip(ended.places)) {
        let thread = Thread {
            index,
            vcpu: place.vcpu(),
            sections: counts.sections.load(Relaxed),
            halts: counts.halts.load(Relaxed),
            kicks: counts.kicks.load(Relaxed),
            moved: place.moved(),
        };
        writeln!(to, "{thread}")?;
    }
    Ok(())
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
        halts: contest
            .counts()
            .fold(0, |n, counts| n.wrapping_add(counts.halts.load(Relaxed))),
        kicks: contest
            .counts()
            .fold(0, |n, counts| n.wrapping_add(counts.kicks.load(Relaxed))),
        // One thread that did all the sections had nobody to keep out.
        exclusion: match lost {
            0 if !contest.excludes || each().filter(|&n| n > 0).count() < 2 => Verdict::Untested,
            0 => Verdict::Held,
            _ => Verdict::Broken,
        },
        lost,
    }
}
