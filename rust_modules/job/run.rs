// SPDX-License-Identifier: GPL-2.0

//! A job from its call to its return.

use abi::job_runner::JobEnd;
use algo::chunk::Plan;
use kernel::new_mutex;
use rig::{
    prelude::*,
    Helpers,
    Pool, //
};

use crate::{
    execution::Execution,
    log,
    node_range::{
        node_ranges,
        NodeRange, //
    },
    outcome::JobOutcome,
    worker::Worker,
    worker_slots::WorkerSlots,
    worker_stats::AllStats,
    Job,
    JobProgress,
    Work, //
};

impl Job<'_> {
    /// Runs the job: returns when every index is done, or as soon as one failed, the job was
    /// cancelled or its deadline passed, and all workers have left.
    ///
    /// The caller takes part, and does everything if no helpers can be borrowed. May sleep. A part
    /// may itself run a job on the same pool.
    pub fn run(&self, pool: &Pool, work: &dyn Work, progress: &JobProgress) -> JobOutcome {
        let called_ns = now_ns();
        progress.begin(self.size, called_ns);
        let plan = self.plan();
        let slots = WorkerSlots::find(self);
        let room = slots.helpers.len() as u32;
        let wanted = plan.workers.saturating_sub(1).min(room);
        let borrowed = self.borrow(pool, &slots, wanted);
        let (stats, ranges) = self.divide(&borrowed, &slots);
        let helpers = stats.len().saturating_sub(1);
        // Room for all logs, before anything is done that may have to be undone.
        let room = if self.undo { stats.len() } else { 0 };
        let logs = KVVec::with_capacity(room as usize, may_fail());
        let no_room = logs.is_err();
        pin_init::stack_pin_init!(let logs = new_mutex!(logs.unwrap_or_default()));
        let execution = Execution::new(self, work, progress, &stats, &ranges, &logs, called_ns);
        if no_room {
            // The workers do nothing.
            execution.fail(ENOMEM, self.start, self.start..self.end(), 0);
        }
        match ranges.is_empty() {
            true => Worker::run(&execution, 0, false),
            false => borrowed.run(self.begin, &|n, absent| Worker::run(&execution, n, absent)),
        }
        drop(borrowed);
        let returned_ns = now_ns();
        let (end, fault) = execution.end();
        let undone = match self.undo && end != JobEnd::Done {
            true => log::undo(&mut logs.lock(), work),
            false => log::Undone::default(),
        };
        progress.end(returned_ns);
        JobOutcome {
            end,
            fault,
            called_ns,
            returned_ns,
            wanted,
            helpers,
            undone: undone.indices,
            disorder: undone.disorder,
            undo_ns: now_ns().saturating_sub(returned_ns),
            stats,
        }
    }

    /// Borrows `wanted` helpers, or fewer.
    fn borrow<'p>(&self, pool: &'p Pool, slots: &WorkerSlots, wanted: u32) -> Helpers<'p> {
        let wanted = wanted.saturating_sub(self.deny) as usize;
        pool.borrow(
            slots.helpers.get(..wanted).unwrap_or_default(),
            self.nice,
            share(self.helpers, slots.vcpus),
            |node| share(self.helpers, slots.on_node(node)),
        )
    }

    /// Divides the job among nodes. One worker needs no coordination, hence no ranges; and without
    /// memory for them there is one worker.
    fn divide(&self, helpers: &Helpers<'_>, slots: &WorkerSlots) -> (AllStats, KVVec<NodeRange>) {
        let mut stats = AllStats::of_caller(slots.caller, self.trace);
        let ranges = match helpers.is_empty() {
            true => Ok(KVVec::new()),
            false => stats
                .extend(helpers.slots(), self.trace)
                .map_err(Error::from)
                .and_then(|()| node_ranges(self, slots.nodes, &stats)),
        };
        let ranges = ranges.unwrap_or_else(|_| {
            stats.clear_helpers();
            KVVec::new()
        });
        (stats, ranges)
    }

    /// Returns the end of the range.
    pub(crate) fn end(&self) -> u64 {
        self.start.saturating_add(self.size)
    }

    fn plan(&self) -> Plan {
        Plan::padata(
            self.start,
            self.size,
            self.align,
            self.min_chunk,
            self.max_threads,
        )
    }
}

/// Returns `percent` of `vcpus`, but at least one unless that is 0.
fn share(percent: u32, vcpus: u32) -> u32 {
    match percent {
        0 => 0,
        _ => (percent.saturating_mul(vcpus) / 100).max(1),
    }
}
