// SPDX-License-Identifier: GPL-2.0

//! View of a run under way for the control thread.

use crate::{
    gate::Gate,
    prelude::*,
    sleep_until_stop,
    Placement, //
};

/// What a [load](crate::Load) sees of its run while the threads work.
pub struct Control<'a> {
    /// Goes up when the run ends.
    pub stop_flag: &'a StopFlag,
    /// Placement of each thread, in order of index.
    pub placements: &'a [Padded<Placement>],
    pub(crate) gate: &'a Gate,
}

impl Control<'_> {
    /// Returns when the time of the run began.
    pub fn opened_ns(&self) -> u64 {
        self.gate.opened_ns()
    }

    /// Sleeps until `ns` after the opening of the gate; false if the run has ended.
    pub fn sleep_until(&self, ns: u64) -> bool {
        sleep_until_stop(self.opened_ns().saturating_add(ns), self.stop_flag);
        !self.stop_flag.is_raised()
    }
}
