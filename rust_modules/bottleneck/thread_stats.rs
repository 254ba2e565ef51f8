// SPDX-License-Identifier: GPL-2.0

//! Statistics of a thread: operations, waits for locks, and lost time.

use algo::{
    FinishedWait,
    Waiter, //
};
use measure::TscScale;
use rig::{
    has_steal_clock,
    latency_histogram,
    prelude::*,
    BurstTimes,
    LatencyHistogram, //
};

use crate::findings::Errors;

/// Statistics of one thread; written by that thread only.
pub(crate) struct ThreadStats {
    /// Bursts, without the waits for locks.
    bursts: BurstTimes,
    /// Waits for locks.
    pub(crate) wait: LatencyHistogram,
    /// Contended acquisitions.
    pub(crate) waits: SingleWriter,
    /// Their total wait time.
    pub(crate) wait_ns: SingleWriter,
    /// Acquisitions.
    pub(crate) locks: SingleWriter,
    /// Lost time in waits, by gaps.
    wait_lost_ns: SingleWriter,
    /// Steal time in bursts.
    steal_ns: SingleWriter,
    /// Errors that the thread detected.
    pub(crate) errors: Errors,
}

impl ThreadStats {
    pub(crate) fn new() -> Result<Self> {
        Ok(Self {
            bursts: BurstTimes::default(),
            wait: latency_histogram()?,
            waits: SingleWriter::default(),
            wait_ns: SingleWriter::default(),
            locks: SingleWriter::default(),
            wait_lost_ns: SingleWriter::default(),
            steal_ns: SingleWriter::default(),
            errors: Errors::default(),
        })
    }

    /// Records a burst of `made` operations that took `ns`, of which `waited_ns` in waits.
    pub(crate) fn note(&self, made: u32, ns: u64, waited_ns: u64) {
        self.bursts
            .record(made, ns.saturating_sub(waited_ns), false);
    }

    /// Records the steal time of a burst.
    pub(crate) fn stolen(&self, ns: Option<u64>) {
        self.steal_ns.add(ns.unwrap_or(0));
    }

    /// Records a wait.
    pub(crate) fn waited(&self, ticks: TscScale, since: u64, now: u64, waited: &FinishedWait) {
        let ns = ticks.ns(now.saturating_sub(since));
        self.wait.record(ns);
        self.waits.add(1);
        self.wait_ns.add(ns);
        self.wait_lost_ns.add(ticks.ns(waited.lost).min(ns));
    }

    /// Completes the statistics: uncontended acquisitions are waits of 0.
    pub(crate) fn leave(&self, me: &Waiter) {
        self.locks.set(me.wait_clock.acquisitions());
        let uncontended = self.locks.get().saturating_sub(self.waits.get());
        self.wait.histogram.record_many(0, uncontended);
    }

    /// Returns the operations.
    pub(crate) fn ops(&self) -> u64 {
        self.bursts.made.get()
    }

    /// Returns the time in operations, waits included.
    pub(crate) fn busy_ns(&self) -> u64 {
        self.bursts.busy_ns.get().saturating_add(self.wait_ns.get())
    }

    /// Returns the lost part of that time: by steal clock, or else by gaps.
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
