// SPDX-License-Identifier: GPL-2.0

//! Per-thread log: what the sampler measured of one thread, which alone writes it.

use crate::prelude::*;
use abi::{
    histogram::Of,
    lock_load::Cause, //
};
use algo::preemption_log::Cause as Attributed;
use rig::LatencyHistogram;

/// Long waits of one cause.
#[derive(Default)]
pub(crate) struct LongWaitSum {
    pub(crate) count: SingleWriter,
    pub(crate) ns: SingleWriter,
}

/// Measurements of one thread.
pub(crate) struct ThreadLog {
    pub(crate) wait: LatencyHistogram,
    pub(crate) hold: LatencyHistogram,
    pub(crate) handoff: LatencyHistogram,
    /// Contended acquisitions, and those of them that a later thread overtook.
    pub(crate) waits: SingleWriter,
    pub(crate) overtaken: SingleWriter,
    /// The most sections in a row without one of another thread.
    pub(crate) longest_streak: SingleWriter,
    /// Time for which the vCPU is known not to have run.
    pub(crate) lost_ns: SingleWriter,
    holder: LongWaitSum,
    predecessor: LongWaitSum,
    waiter: LongWaitSum,
    queue: LongWaitSum,
}

impl ThreadLog {
    pub(crate) fn new() -> Result<Self> {
        Ok(Self {
            wait: LatencyHistogram::new()?,
            hold: LatencyHistogram::new()?,
            handoff: LatencyHistogram::new()?,
            waits: SingleWriter::default(),
            overtaken: SingleWriter::default(),
            longest_streak: SingleWriter::default(),
            lost_ns: SingleWriter::default(),
            holder: LongWaitSum::default(),
            predecessor: LongWaitSum::default(),
            waiter: LongWaitSum::default(),
            queue: LongWaitSum::default(),
        })
    }

    /// Returns the times of one kind.
    pub(crate) fn times(&self, of: Of) -> &LatencyHistogram {
        match of {
            Of::Wait => &self.wait,
            Of::Hold => &self.hold,
            Of::HandOff => &self.handoff,
        }
    }

    /// Returns the long waits of one cause.
    pub(crate) fn long_waits(&self, cause: Cause) -> &LongWaitSum {
        match cause {
            Cause::HolderPreempted => &self.holder,
            Cause::PredecessorPreempted => &self.predecessor,
            Cause::WaiterStolen => &self.waiter,
            Cause::Queueing => &self.queue,
        }
    }

    /// Adds a long wait.
    pub(crate) fn add_long_wait(&self, cause: Attributed, ns: u64) {
        let sum = self.long_waits(match cause {
            Attributed::Holder => Cause::HolderPreempted,
            Attributed::Predecessor => Cause::PredecessorPreempted,
            Attributed::Waiter => Cause::WaiterStolen,
            Attributed::Queue => Cause::Queueing,
        });
        sum.count.add(1);
        sum.ns.add(ns);
    }
}
