// SPDX-License-Identifier: GPL-2.0

//! What is told of a trial: the lines of every run, and its own.

use core::fmt::{
    Result,
    Write, //
};

use abi::{
    lock_load::{
        Disturbed,
        Machine,
        Sum,
        Thread, //
    },
    status::OracleState,
    trial::Trial, //
};
use rig::{
    FinishedRun,
    Text,
    Watchdog, //
};

use crate::{
    tally::Tally,
    LockLoad, //
};

/// No trial is disturbed.
const UNDISTURBED: Disturbed = Disturbed {
    pauses: 0,
    paused_ns: 0,
    shuffles: 0,
    offline: 0,
    refused: 0,
    long_holds: 0,
    boosts: 0,
};

/// A trial that is over.
pub(crate) struct Told<'a> {
    line: Trial,
    tally: &'a Tally,
    dog: &'a Watchdog,
}

impl<'a> Told<'a> {
    pub(crate) fn of(line: Trial, tally: &'a Tally, dog: &'a Watchdog) -> Self {
        Self { line, tally, dog }
    }

    pub(crate) fn write(
        &self,
        machine: &Machine,
        ended: &FinishedRun<'_, LockLoad>,
        to: &mut Text,
    ) -> Result {
        let sum = self.sum(ended.elapsed_ns);
        writeln!(to, "{sum}\n{machine}\n{UNDISTURBED}")?;
        for (index, (done, place)) in (0..).zip(self.tally.each().zip(ended.placements)) {
            let thread = Thread {
                index,
                vcpu: place.vcpu(),
                sections: done.sections(),
                halts: done.halts(),
                kicks: done.kicks(),
                moved: place.moved(),
                queued_ns: place.queued_ns(),
            };
            writeln!(to, "{thread}")?;
        }
        writeln!(to, "{}", self.line)?;
        let mut losses = self.dog.losses();
        losses.try_for_each(|lost| writeln!(to, "{lost}"))
    }

    fn sum(&self, elapsed_ns: u64) -> Sum {
        let each = || self.tally.each();
        let sections = each().fold(0, |n, done| done.sections().wrapping_add(n));
        Sum {
            elapsed_ns,
            sections,
            min: each().map(|done| done.sections()).min().unwrap_or(0),
            mean: sections.checked_div(each().count() as u64).unwrap_or(0),
            max: each().map(|done| done.sections()).max().unwrap_or(0),
            halts: each().fold(0, |n, done| done.halts().wrapping_add(n)),
            kicks: each().fold(0, |n, done| done.kicks().wrapping_add(n)),
            exclusion: OracleState::Untested,
            lost: 0,
        }
    }
}
