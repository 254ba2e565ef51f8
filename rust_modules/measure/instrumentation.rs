// SPDX-License-Identifier: GPL-2.0

//! What the samplers of a run share: thresholds, contention flag, preemption log, per-thread logs.

use abi::lock_load::ServiceOrder;
use algo::{
    preemption_log::{
        Loss,
        PreemptionLog, //
    },
    primitive::{
        stamp,
        Atomic,
        Relaxed, //
    },
    ContentionFlag, //
};

use crate::{
    thread_log::ThreadLog,
    thresholds::Thresholds,
    world::World,
    Padded, //
};

/// Losses that the preemption log remembers of each thread: of its sections and hand-offs to it.
pub const LOSSES_PER_THREAD: usize = 8;

/// Instrumentation of one run.
pub struct Instrumentation<W: World> {
    /// Durations by which the samplers judge.
    pub thresholds: Thresholds,
    /// Order of service that the lock promises, as it is taken.
    pub order: ServiceOrder,
    /// Whether the lock reports when a thread has its position in the queue.
    pub reports_contention: bool,
    pub(crate) preemption_log: Padded<PreemptionLog<W::List<Loss>>>,
    pub(crate) flag: Padded<ContentionFlag>,
    /// When the run began: a thread that waited before waited for the others to arrive.
    began: Atomic<u64>,
    logs: W::List<Padded<ThreadLog<W>>>,
}

impl<W: World> Instrumentation<W> {
    /// Creates it, with a log for each thread and [`LOSSES_PER_THREAD`] losses each. `order` and
    /// `reports_contention` are of the lock.
    pub fn new(
        thresholds: Thresholds,
        order: ServiceOrder,
        reports_contention: bool,
        losses: W::List<Loss>,
        logs: W::List<Padded<ThreadLog<W>>>,
    ) -> Self {
        Self {
            thresholds,
            order,
            reports_contention,
            preemption_log: Padded(PreemptionLog::new(losses)),
            flag: Padded(ContentionFlag::new()),
            began: Atomic::new(0),
            logs,
        }
    }

    /// Begins the run, as the last step of the section in which thread 0 waited for arrivals.
    /// Returns when that was.
    pub fn begin(&self) -> u64 {
        let now = stamp();
        self.began.store(now, Relaxed);
        self.preemption_log.end_section(0, now);
        now
    }

    /// Returns when the run began, to a thread that has held the lock since.
    pub fn began(&self) -> u64 {
        self.began.load(Relaxed)
    }

    /// Returns `stamp` as a time of the run's clock, in nanoseconds since the run began.
    pub fn clock_ns(&self, stamp: u64) -> u64 {
        self.thresholds
            .tsc
            .clock_ns(stamp.saturating_sub(self.began()))
    }

    /// Returns the log of thread `index`.
    pub fn log(&self, index: u32) -> Option<&ThreadLog<W>> {
        self.logs.get(index as usize).map(|log| &**log)
    }

    /// Returns the logs of all threads, in their order.
    pub fn logs(&self) -> impl Iterator<Item = &ThreadLog<W>> {
        self.logs.iter().map(|log| &**log)
    }

    /// Adds something up over all threads.
    pub fn sum(&self, of: impl Fn(&ThreadLog<W>) -> u64) -> u64 {
        self.logs().fold(0, |sum, log| sum.saturating_add(of(log)))
    }
}
