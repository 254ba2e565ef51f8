// SPDX-License-Identifier: GPL-2.0

//! What one thread does, and how long it takes.

use algo::{
    FinishedWait,
    Waiter, //
};
use kernel::prelude::*;
use rig::{
    has_steal_clock,
    BurstTimes,
    LatencyHistogram, //
    SingleWriter,
    TscScale,
};

use crate::findings::Found;

/// What one thread did and saw. It alone writes this.
pub(crate) struct Part {
    /// The bursts, without the waits for locks.
    bursts: BurstTimes,
    /// Waits for locks.
    pub(crate) wait: LatencyHistogram,
    pub(crate) waits: SingleWriter,
    pub(crate) wait_ns: SingleWriter,
    /// Locks that were taken.
    pub(crate) locks: SingleWriter,
    /// For how long the thread, while it waited, was seen not to run.
    wait_lost_ns: SingleWriter,
    /// For how long the hypervisor says that it kept the vCPU from running.
    steal_ns: SingleWriter,
    pub(crate) found: Found,
}

impl Part {
    pub(crate) fn new() -> Result<Self> {
        Ok(Self {
            bursts: BurstTimes::default(),
            wait: LatencyHistogram::new()?,
            waits: SingleWriter::default(),
            wait_ns: SingleWriter::default(),
            locks: SingleWriter::default(),
            wait_lost_ns: SingleWriter::default(),
            steal_ns: SingleWriter::default(),
            found: Found::default(),
        })
    }

    /// Notes a burst of `made` operations that took `ns`, `waited_ns` of it waiting.
    pub(crate) fn note(&self, made: u32, ns: u64, waited_ns: u64) {
        self.bursts
            .record(made, ns.saturating_sub(waited_ns), false);
    }

    /// Notes what the hypervisor took during a burst.
    pub(crate) fn stolen(&self, ns: Option<u64>) {
        self.steal_ns.add(ns.unwrap_or(0));
    }

    /// Notes a wait.
    pub(crate) fn waited(&self, ticks: TscScale, since: u64, now: u64, waited: &FinishedWait) {
        let ns = ticks.ns(now.saturating_sub(since));
        self.wait.record(ns);
        self.waits.add(1);
        self.wait_ns.add(ns);
        self.wait_lost_ns.add(ticks.ns(waited.lost).min(ns));
    }

    /// The thread leaves: locks that it had not to wait for are waits of 0.
    pub(crate) fn leave(&self, me: &Waiter) {
        self.locks.set(me.wait_clock.acquisitions());
        let at_once = self.locks.get().saturating_sub(self.waits.get());
        self.wait.histogram.record_many(0, at_once);
    }

    /// Returns how many operations it did.
    pub(crate) fn ops(&self) -> u64 {
        self.bursts.made.get()
    }

    /// Returns for how long it was at work.
    pub(crate) fn busy_ns(&self) -> u64 {
        self.bursts.busy_ns.get().saturating_add(self.wait_ns.get())
    }

    /// Returns for how long of this its vCPU seems not to have had a CPU.
    pub(crate) fn lost_ns(&self) -> u64 {
        let lost = match has_steal_clock() {
            true => self.steal_ns.get(),
            false => {
                let waiting = self.wait_lost_ns.get();
                self.bursts.lost_ns.get().saturating_add(waiting)
            }
        };
        lost.min(self.busy_ns())
    }
}
