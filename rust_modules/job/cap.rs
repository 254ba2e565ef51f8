// SPDX-License-Identifier: GPL-2.0

//! Cap on the CPU time of a job: a worker sleeps while the job has used more than its share.

use kernel::time::{
    delay::fsleep,
    Delta, //
};
use rig::{
    cpu_time_now_ns,
    prelude::*, //
};

/// Longest sleep between two tests of whether the job goes on.
const LONGEST_SLEEP_NS: u64 = 20_000_000;
/// Shortest sleep; less is added to the next.
const SHORTEST_SLEEP_NS: u64 = 100_000;

/// CPU time that a job has used, and may use.
pub(crate) struct Cap {
    /// In percent of one CPU; 0 is no bound.
    percent: u64,
    since_ns: u64,
    used_ns: Atomic<u64>,
}

impl Cap {
    pub(crate) fn new(percent: u32, since_ns: u64) -> Self {
        Self {
            percent: percent.into(),
            since_ns,
            used_ns: Atomic::new(0),
        }
    }

    /// Charges the CPU time of the calling worker since `charged_ns`, and sleeps if the job has used
    /// too much; returns how long.
    pub(crate) fn charge(&self, charged_ns: &mut u64, stopped: impl Fn(u64) -> bool) -> u64 {
        if self.percent == 0 {
            return 0;
        }
        let cpu_ns = cpu_time_now_ns();
        let used = cpu_ns.saturating_sub(*charged_ns);
        *charged_ns = cpu_ns;
        self.used_ns.add(used, Relaxed);
        let from = now_ns();
        let mut now = from;
        loop {
            let used = self.used_ns.load(Relaxed);
            let due = used.saturating_mul(100).checked_div(self.percent);
            let until = self.since_ns.saturating_add(due.unwrap_or(0));
            let wait = until.saturating_sub(now).min(LONGEST_SLEEP_NS);
            if wait < SHORTEST_SLEEP_NS || stopped(now) {
                return now.saturating_sub(from);
            }
            fsleep(Delta::from_nanos(wait as i64));
            now = now_ns();
        }
    }
}
