// SPDX-License-Identifier: GPL-2.0

//! Stutter: all threads pause for a while, run for as long, and so on; `stutter_ms`.

use rig::sleep_until_stop;

use super::periodic::ns;
use crate::prelude::*;

/// Stutter of one run.
pub(super) struct Stutter {
    /// Length of a pause and of the time between two; 0 for none.
    phase_ns: u64,
    /// Pauses, and their length, of all threads.
    pub(super) pauses: Padded<Atomic<u64>>,
    pub(super) paused_ns: Padded<Atomic<u64>>,
}

impl Stutter {
    pub(super) fn new(config: &Config) -> Self {
        Self {
            phase_ns: ns(config.stutter_ms),
            pauses: Padded(Atomic::new(0)),
            paused_ns: Padded(Atomic::new(0)),
        }
    }

    /// Sleeps through the rest of every second phase of the run.
    pub(super) fn pause(&self, worker: &Worker<'_>) {
        let (now, opened) = (now_ns(), worker.opened_ns());
        let Some(phase) = now.saturating_sub(opened).checked_div(self.phase_ns) else {
            return;
        };
        if phase % 2 == 0 {
            return;
        }
        let end = phase.wrapping_add(1).saturating_mul(self.phase_ns);
        sleep_until_stop(opened.saturating_add(end), worker.stop_flag);
        self.pauses.add(1, Relaxed);
        self.paused_ns.add(now_ns().saturating_sub(now), Relaxed);
    }
}
