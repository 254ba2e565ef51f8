// SPDX-License-Identifier: GPL-2.0

//! Work of the threads of a run, one type for each value of the setting `work`.

use core::fmt::{
    self,
    Write, //
};

use abi::{
    sloppy_counter::{
        Check,
        Sum, //
    },
    status::OracleState, //
};
use rig::prelude::*;

/// Operations between two preemption points, and objects of a visit of all vCPUs.
pub(crate) const BURST: u32 = 1021;

/// Work of the threads of a run.
pub(crate) trait Work: Report + Send + Sync {
    /// Runs on each thread, until the run is over.
    fn thread(&self, worker: &Worker<'_>);

    /// Returns how many operations the thread `index` made.
    fn operations(&self, index: usize) -> u64;

    /// Folds every vCPU.
    fn fold(&self) {}

    /// Adds in an interrupt on every vCPU.
    fn interrupt(&self) {}

    /// Changes the threshold to its other value.
    fn toggle_threshold(&self) {}

    /// Changes the threshold.
    fn set_threshold(&self, threshold: u32) {
        let _ = threshold;
    }
}

/// Report of a work.
pub(crate) trait Report {
    /// Writes the lines of a finished run, which took `elapsed_ns`, but for those of the threads.
    fn write(&self, elapsed_ns: u64, events: &EventCounts, to: &mut Text) -> fmt::Result;

    /// Writes the progress of a run under way.
    fn now(&self, to: &mut Text) -> fmt::Result {
        let _ = to;
        Ok(())
    }
}

/// Events of a run, which the control thread causes.
#[derive(Default)]
pub(crate) struct EventCounts {
    pub(crate) folds: SingleWriter,
    pub(crate) changes: SingleWriter,
    pub(crate) deaths: SingleWriter,
}

/// What the oracle of a work other than `adds` found.
pub(crate) struct Checked {
    /// Whether all that was promised held.
    pub(crate) held: bool,
    pub(crate) truth: i64,
    pub(crate) sum: i64,
    pub(crate) read: i64,
    pub(crate) bound: u64,
    pub(crate) check: Check,
}

impl Checked {
    /// Writes the lines of a run that took `elapsed_ns`.
    pub(crate) fn write(self, elapsed_ns: u64, to: &mut Text) -> fmt::Result {
        let sum = Sum {
            elapsed_ns,
            adds: self.check.cycles,
            truth: self.truth,
            sum: self.sum,
            read: self.read,
            bound: self.bound,
            total: match self.held {
                true => OracleState::Held,
                false => OracleState::Broken,
            },
        };
        writeln!(to, "{sum}\n{}", self.check)
    }
}
