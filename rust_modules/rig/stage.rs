// SPDX-License-Identifier: GPL-2.0

//! A run under way, as its conductor sees it.

use crate::{
    gate::Gate,
    nap_until,
    Alarm,
    Padded,
    Place, //
};

/// What a [load](crate::Load) may look at while its threads are at work.
pub struct Stage<'a> {
    /// Tells when the run ends.
    pub alarm: &'a Alarm,
    /// The places of the threads, in their order.
    pub places: &'a [Padded<Place>],
    pub(crate) gate: &'a Gate,
}

impl Stage<'_> {
    /// Returns since when the time of the run counts.
    pub fn opened_ns(&self) -> u64 {
        self.gate.opened_ns()
    }

    /// Sleeps until `ns` after the opening of the gate; false if the run has ended.
    pub fn sleep_until(&self, ns: u64) -> bool {
        nap_until(self.opened_ns().saturating_add(ns), self.alarm);
        !self.alarm.rung()
    }
}
