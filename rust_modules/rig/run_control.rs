// SPDX-License-Identifier: GPL-2.0

//! A run under way, as its conductor sees it.

use crate::{
    gate::Gate,
    sleep_until_stop,
    Padded,
    Placement, //
    StopFlag,
};

/// What a [load](crate::Load) may look at while its threads are at work.
pub struct Control<'a> {
    /// Tells when the run ends.
    pub stop_flag: &'a StopFlag,
    /// The places of the threads, in their order.
    pub placements: &'a [Padded<Placement>],
    pub(crate) gate: &'a Gate,
}

impl Control<'_> {
    /// Returns since when the time of the run counts.
    pub fn opened_ns(&self) -> u64 {
        self.gate.opened_ns()
    }

    /// Sleeps until `ns` after the opening of the gate; false if the run has ended.
    pub fn sleep_until(&self, ns: u64) -> bool {
        sleep_until_stop(self.opened_ns().saturating_add(ns), self.stop_flag);
        !self.stop_flag.is_raised()
    }
}
