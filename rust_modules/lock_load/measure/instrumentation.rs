// SPDX-License-Identifier: GPL-2.0

//! What the samplers of a run share: thresholds, contention flag, preemption log, per-thread logs.

use abi::lock_load::Switch;
use algo::{
    preemption_log::{
        Loss,
        PreemptionLog, //
    },
    ContentionFlag, //
};

use super::{
    thread_log::ThreadLog,
    thresholds::Thresholds, //
};
use crate::prelude::*;

/// Losses that the preemption log remembers of each thread: of its sections and hand-offs to it.
const LOSSES_PER_THREAD: usize = 8;

/// Instrumentation of one run.
pub(crate) struct Instrumentation {
    pub(crate) thresholds: Thresholds,
    /// Whether the lock promises to serve in order of arrival, as it is taken.
    pub(crate) fifo: bool,
    /// Whether the lock reports when a thread has its position in the queue.
    pub(crate) reports_contention: bool,
    pub(crate) preemption_log: Padded<PreemptionLog<KVVec<Loss>>>,
    pub(crate) flag: Padded<ContentionFlag>,
    /// When the run began: a thread that waited before waited for the others to arrive.
    began: Atomic<u64>,
    logs: KVVec<Padded<ThreadLog>>,
}

impl Instrumentation {
    /// Creates it, unless `config` turns it off. `fifo` and `reports_contention` are of the lock.
    pub(crate) fn new(
        config: &Config,
        fifo: bool,
        reports_contention: bool,
    ) -> Result<Option<Self>, Refused> {
        if config.histograms == Switch::Off {
            return Ok(None);
        }
        let threads = config.threads as usize;
        let mut logs = KVVec::with_capacity(threads, may_fail())?;
        let mut losses = KVVec::new();
        for _ in 0..threads {
            logs.push(Padded(ThreadLog::new()?), GFP_KERNEL)?;
            for _ in 0..LOSSES_PER_THREAD {
                losses.push(Loss::new(), GFP_KERNEL)?;
            }
        }
        Ok(Some(Self {
            thresholds: Thresholds::new(config)?,
            fifo,
            reports_contention,
            preemption_log: Padded(PreemptionLog::new(losses)),
            flag: Padded(ContentionFlag::new()),
            began: Atomic::new(0),
            logs,
        }))
    }

    /// Begins the run, as the last step of the section in which thread 0 waited for arrivals.
    pub(crate) fn begin(&self) {
        let now = stamp();
        self.began.store(now, Relaxed);
        self.preemption_log.end_section(0, now);
    }

    /// Returns when the run began, to a thread that has held the lock since.
    pub(crate) fn began(&self) -> u64 {
        self.began.load(Relaxed)
    }

    /// Returns the log of thread `index`.
    pub(crate) fn log(&self, index: u32) -> Option<&ThreadLog> {
        self.logs.get(index as usize).map(|log| &**log)
    }

    /// Returns the logs of all threads, in their order.
    pub(crate) fn logs(&self) -> impl Iterator<Item = &ThreadLog> {
        self.logs.iter().map(|log| &**log)
    }

    /// Adds something up over all threads.
    pub(crate) fn sum(&self, of: impl Fn(&ThreadLog) -> u64) -> u64 {
        self.logs().fold(0, |sum, log| sum.saturating_add(of(log)))
    }
}
