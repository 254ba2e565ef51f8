// SPDX-License-Identifier: GPL-2.0

//! Execution of a job: what its workers share.

use core::ops::Range;

use abi::job_runner::JobEnd;
use kernel::sync::{
    Mutex,
    SetOnce, //
};
use rig::{
    is_preempted,
    prelude::*, //
};

use crate::{
    cap::Cap,
    log::Log,
    node_range::NodeRange,
    outcome::Fault,
    worker_stats::{
        AllStats,
        BETWEEN_CALLS,
        HEARTBEAT_TIMEOUT_NS,
        NOT_BEGUN, //
    },
    Job,
    JobProgress,
    Work, //
};

/// What the workers share.
pub(crate) struct Execution<'a> {
    pub(crate) job: &'a Job<'a>,
    pub(crate) work: &'a dyn Work,
    pub(crate) progress: &'a JobProgress,
    pub(crate) stats: &'a AllStats,
    pub(crate) ranges: &'a [NodeRange],
    pub(crate) logs: &'a Mutex<KVVec<Log>>,
    pub(crate) cap: Cap,
    /// The first error.
    fault: SetOnce<Fault>,
    /// What stopped the job, if something did; the first one counts.
    stopped_by: Atomic<u32>,
}

const CANCELLED: u32 = 1;
const DEADLINE: u32 = 2;

impl<'a> Execution<'a> {
    pub(crate) fn new(
        job: &'a Job<'a>,
        work: &'a dyn Work,
        progress: &'a JobProgress,
        stats: &'a AllStats,
        ranges: &'a [NodeRange],
        logs: &'a Mutex<KVVec<Log>>,
        called_ns: u64,
    ) -> Self {
        Self {
            job,
            work,
            progress,
            stats,
            ranges,
            logs,
            cap: Cap::new(job.cap, called_ns),
            fault: SetOnce::new(),
            stopped_by: Atomic::new(0),
        }
    }

    /// Returns whether worker `n` has not begun yet, or its vCPU seems to be preempted.
    pub(crate) fn is_preempted(&self, n: u32) -> bool {
        let Some(worker) = self.stats.get(n) else {
            return false;
        };
        match worker.heartbeat() {
            NOT_BEGUN => true,
            BETWEEN_CALLS => false,
            since => {
                now_ns().saturating_sub(since) > HEARTBEAT_TIMEOUT_NS
                    || is_preempted(worker.slot().vcpu)
            }
        }
    }

    /// Returns whether the job is to end, as of `now_ns`.
    pub(crate) fn stopped(&self, now_ns: u64) -> bool {
        if self.fault.as_ref().is_some() || self.stopped_by.load(Relaxed) != 0 {
            return true;
        }
        let late = self.job.deadline_ns > 0 && now_ns >= self.job.deadline_ns;
        let by = match (late, (self.job.cancelled)()) {
            (true, _) => DEADLINE,
            (false, true) => CANCELLED,
            (false, false) => return false,
        };
        let _ = self.stopped_by.cmpxchg(0, by, Relaxed);
        true
    }

    /// Ends the job because a part was stopped: by what stopped the job, or else as cancelled.
    pub(crate) fn stop(&self, now_ns: u64) {
        if !self.stopped(now_ns) {
            let _ = self.stopped_by.cmpxchg(0, CANCELLED, Relaxed);
        }
    }

    /// Records an error, if it is the first.
    pub(crate) fn fail(&self, errno: Error, index: u64, chunk: Range<u64>, worker: u32) {
        self.fault.populate(Fault {
            errno,
            index,
            chunk_start: chunk.start,
            chunk_end: chunk.end,
            worker,
        });
    }

    /// Returns how the job ended, by how many indices were done; all workers have left.
    pub(crate) fn end(&self) -> (JobEnd, Option<Fault>) {
        if let Some(fault) = self.fault.copy() {
            return (JobEnd::Failed, Some(fault));
        }
        let items = self.stats.iter().map(|worker| worker.counts().items);
        let complete = items.fold(0u64, u64::saturating_add) == self.job.size;
        let end = match self.stopped_by.load(Relaxed) {
            // What came too late stopped nothing.
            _ if complete => JobEnd::Done,
            CANCELLED => JobEnd::Cancelled,
            DEADLINE => JobEnd::Deadline,
            _ => JobEnd::Unsound,
        };
        (end, None)
    }
}
