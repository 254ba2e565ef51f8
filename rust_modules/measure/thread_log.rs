// SPDX-License-Identifier: GPL-2.0

//! Per-thread log: what the sampler measured of one thread, which alone writes it.

use abi::lock_load::Cause;
use algo::{
    preemption_log::{
        self,
        Parts, //
    },
    primitive::Atomic, //
};

use crate::{
    wait_log::{
        LoggedWait,
        WaitLog,
        WaitWords, //
    },
    world::World,
    LatencyHistogram,
    SingleWriter, //
};

/// Long waits of one cause.
#[derive(Default)]
pub struct LongWaitSum {
    /// Number of waits.
    pub count: SingleWriter,
    /// Length of all of them.
    pub ns: SingleWriter,
}

/// Measurements of one thread.
pub struct ThreadLog<W: World> {
    /// Waits, those of 0 as well.
    pub wait: LatencyHistogram<W::List<Atomic<u64>>>,
    /// Sections.
    pub hold: LatencyHistogram<W::List<Atomic<u64>>>,
    /// Hand-offs.
    pub handoff: LatencyHistogram<W::List<Atomic<u64>>>,
    /// Contended acquisitions.
    pub waits: SingleWriter,
    /// Those of them that a later thread overtook.
    pub overtaken: SingleWriter,
    /// Those of them that one thread overtook twice.
    pub overtaken_twice: SingleWriter,
    /// The most sections in a row without one of another thread.
    pub longest_streak: SingleWriter,
    /// Time for which the vCPU is known not to have run.
    pub lost_ns: SingleWriter,
    holder: LongWaitSum,
    predecessor: LongWaitSum,
    waiter: LongWaitSum,
    queue: LongWaitSum,
    /// The first long waits.
    pub logged: WaitLog<W::List<WaitWords>>,
}

impl<W: World> ThreadLog<W> {
    /// Creates the log; `histograms` are the storage of its three, `waits` that of its long waits.
    pub fn new(histograms: [W::List<Atomic<u64>>; 3], waits: W::List<WaitWords>) -> Self {
        let [wait, hold, handoff] = histograms.map(LatencyHistogram::new);
        Self {
            wait,
            hold,
            handoff,
            waits: SingleWriter::default(),
            overtaken: SingleWriter::default(),
            overtaken_twice: SingleWriter::default(),
            longest_streak: SingleWriter::default(),
            lost_ns: SingleWriter::default(),
            holder: LongWaitSum::default(),
            predecessor: LongWaitSum::default(),
            waiter: LongWaitSum::default(),
            queue: LongWaitSum::default(),
            logged: WaitLog::new(waits),
        }
    }

    /// Returns the long waits of one cause.
    pub fn long_waits(&self, cause: Cause) -> &LongWaitSum {
        match cause {
            Cause::HolderPreempted => &self.holder,
            Cause::PredecessorPreempted => &self.predecessor,
            Cause::WaiterStolen => &self.waiter,
            Cause::Queueing => &self.queue,
        }
    }

    /// Adds a long wait.
    pub(crate) fn add_long_wait(&self, wait: &LoggedWait) {
        let sum = self.long_waits(cause(&wait.parts));
        sum.count.add(1);
        sum.ns.add(wait.end_ns.saturating_sub(wait.begin_ns));
        self.logged.add(wait);
    }
}

/// Returns the cause of a wait, as it is reported.
pub(crate) fn cause(parts: &Parts) -> Cause {
    match parts.cause() {
        preemption_log::Cause::Holder => Cause::HolderPreempted,
        preemption_log::Cause::Predecessor => Cause::PredecessorPreempted,
        preemption_log::Cause::Waiter => Cause::WaiterStolen,
        preemption_log::Cause::Queue => Cause::Queueing,
    }
}
