// SPDX-License-Identifier: GPL-2.0

//! A job from its call to its return, on vCPUs each of which calls [`Call::run`].

use std::cell::{Cell, RefCell};

use abi::job_runner::JobEnd;
use algo::chunk::Plan;
use kernel::sync::Mutex;
use rig::{possible_vcpus, prelude::*, HelperSlot};
use self_cell::self_cell;

use crate::{
    execution::Execution,
    helper::Helper,
    log::{self, Log, Undone},
    node_range::{node_ranges, NodeRange},
    worker::Worker,
    worker_stats::AllStats,
    Fault, Job, JobOutcome, JobProgress, Work,
};

/// What an execution borrows.
struct Parts {
    job: Job<'static>,
    work: KBox<dyn Work>,
    progress: JobProgress,
    stats: AllStats,
    ranges: KVVec<NodeRange>,
    logs: Mutex<KVVec<Log>>,
}

self_cell!(
    struct Shared {
        owner: Parts,

        #[covariant]
        dependent: Execution,
    }
);

/// How a job ended.
struct End {
    called_ns: u64,
    returned_ns: u64,
    end: JobEnd,
    fault: Option<Fault>,
    undone: Undone,
    undo_ns: u64,
}

/// A job, which vCPU 0 calls.
pub struct Call {
    shared: RefCell<Option<Shared>>,
    helpers: KVVec<Helper>,
    /// Helpers that are worth their start.
    wanted: u32,
    end: Cell<Option<End>>,
}

impl Call {
    /// Prepares a job for a machine of [`possible_vcpus`], of which `percent` may be helpers; `deny` helpers
    /// are denied.
    ///
    /// # Errors
    ///
    /// Never: there is memory.
    pub fn new(job: Job<'static>, work: KBox<dyn Work>, percent: u32, deny: u32) -> Result<Self> {
        let plan = Plan::padata(
            job.start,
            job.size,
            job.align,
            job.min_chunk,
            job.max_threads,
        );
        let vcpus = possible_vcpus();
        let wanted = plan.workers.saturating_sub(1).min(vcpus.saturating_sub(1));
        let most = match percent {
            0 => 0,
            _ => (percent * vcpus / 100).max(1),
        };
        let count = wanted.saturating_sub(deny).min(most);
        let slot = |vcpu| HelperSlot { vcpu, node: 0 };
        let mut stats = AllStats::of_caller(slot(0), job.trace);
        stats.extend((1..=count).map(slot), job.trace)?;
        // One worker needs no coordination, hence no ranges.
        let ranges = match count {
            0 => KVVec::new(),
            _ => node_ranges(&job, 1, &stats)?,
        };
        let room = if job.undo { stats.len() } else { 0 };
        let parts = Parts {
            work,
            progress: JobProgress::new(),
            ranges,
            logs: Mutex::new(KVVec::with_capacity(room as usize, may_fail())?),
            stats,
            job,
        };
        let shared = Shared::new(parts, |parts| {
            let Parts {
                job,
                work,
                progress,
                stats,
                ranges,
                logs,
            } = parts;
            Execution::new(job, &**work, progress, stats, ranges, logs, 0)
        });
        Ok(Self {
            shared: RefCell::new(Some(shared)),
            helpers: filled(count as usize, || Ok(Helper::new()))?,
            wanted,
            end: Cell::new(None),
        })
    }

    /// Takes part in the job on vCPU `index`, as its caller if that is 0; returns when that has left.
    pub fn run(&self, index: u32) {
        let shared = self.shared.borrow();
        let Some(execution) = shared.as_ref().map(Shared::borrow_dependent) else {
            return;
        };
        match index.checked_sub(1) {
            None => self.call(execution),
            Some(helper) => {
                if let Some(helper) = self.helpers.get(helper as usize) {
                    helper.run(|| Worker::run(execution, index, false));
                }
            }
        }
    }

    fn call(&self, execution: &Execution<'_>) {
        let (job, progress) = (execution.job, execution.progress);
        let called_ns = now_ns();
        progress.begin(job.size, called_ns);
        for (vcpu, helper) in (1..).zip(&self.helpers) {
            helper.assign(vcpu);
        }
        Worker::run(execution, 0, false);
        for (n, helper) in (1..).zip(&self.helpers) {
            match helper.withdraw() {
                true => Worker::run(execution, n, true),
                false => helper.wait(),
            }
        }
        let returned_ns = now_ns();
        let (end, fault) = execution.end();
        let undone = match job.undo && end != JobEnd::Done {
            true => log::undo(&mut execution.logs.lock(), execution.work),
            false => Undone::default(),
        };
        progress.end(returned_ns);
        self.end.set(Some(End {
            called_ns,
            returned_ns,
            end,
            fault,
            undone,
            undo_ns: now_ns().saturating_sub(returned_ns),
        }));
    }

    /// Returns the outcome, once, when all vCPUs have left.
    pub fn outcome(&self) -> Option<JobOutcome> {
        let ended = self.end.take()?;
        let Parts { stats, .. } = self.shared.take()?.into_owner();
        Some(JobOutcome {
            end: ended.end,
            fault: ended.fault,
            called_ns: ended.called_ns,
            returned_ns: ended.returned_ns,
            wanted: self.wanted,
            helpers: self.helpers.len() as u32,
            undone: ended.undone.indices,
            disorder: ended.undone.disorder,
            undo_ns: ended.undo_ns,
            stats,
        })
    }
}
