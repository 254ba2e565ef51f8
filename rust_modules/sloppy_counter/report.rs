// SPDX-License-Identifier: GPL-2.0

//! What a run came to.

use core::fmt::{
    Result,
    Write, //
};

use abi::{
    sloppy_counter::{
        Run,
        Sum,
        Thread, //
    },
    status::Verdict,
    SCHEMA, //
};
use rig::{
    Ended,
    Text, //
};

use crate::{
    race::Race,
    SloppyCounter, //
};

pub(crate) fn write(ended: &Ended<'_, SloppyCounter>, to: &mut Text) -> Result {
    let run = Run {
        schema: SCHEMA,
        run: ended.number,
    };
    writeln!(to, "{run}\nconfig {}", ended.config)?;
    writeln!(to, "{}", sum(ended.run, ended.elapsed_ns))?;
    for (index, (adds, place)) in (0..).zip(ended.run.adds().zip(ended.places)) {
        let thread = Thread {
            index,
            vcpu: place.vcpu(),
            adds,
            moved: place.moved(),
        };
        writeln!(to, "{thread}")?;
    }
    Ok(())
}

fn sum(race: &Race, elapsed_ns: u64) -> Sum {
    let adds = race.adds().fold(0, u64::wrapping_add);
    // The cheap read first: an exact sum might fold what it finds.
    let read = race.counter.read();
    let sum = race.counter.sum(&race.lanes);
    let bound = race.counter.bound(&race.lanes);
    let truth = adds as i64;
    Sum {
        elapsed_ns,
        adds,
        sum,
        read,
        bound,
        total: match sum == truth && read.abs_diff(truth) <= bound {
            false => Verdict::Broken,
            true if race.adds().filter(|&n| n > 0).count() < 2 => Verdict::Untested,
            true => Verdict::Held,
        },
    }
}
