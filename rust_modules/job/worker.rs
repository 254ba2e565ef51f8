// SPDX-License-Identifier: GPL-2.0

//! Worker of a job: it takes chunks and does each in calls of about a millisecond.

use core::ops::Range;

use algo::chunk::WorkerState;
use algo::primitive::Vcpu;
use rig::{
    cpu_time_now_ns,
    cpu_time_ns,
    prelude::*, //
};

use crate::{
    execution::Execution,
    log::Log,
    node_range::{
        round_up,
        NodeRange, //
    },
    rate::RateEstimator,
    worker_stats::{
        WorkerCounts,
        WorkerStats,
        BETWEEN_CALLS, //
    },
    Stop, //
};

/// Interval at which a worker publishes its progress, and lets other tasks run.
const RESCHED_NS: u64 = 1_000_000;

/// Taking a chunk takes longer than this only if the vCPU, or one in the way, is preempted.
const STALL_NS: u64 = 50_000;

/// A worker. Its counts are published when it leaves.
pub(crate) struct Worker<'a> {
    execution: &'a Execution<'a>,
    n: u32,
    stats: &'a WorkerStats,
    counts: WorkerCounts,
    rate: RateEstimator,
    log: Log,
    /// The last read of the clock.
    now_ns: u64,
    resched_ns: u64,
    published_items: u64,
    charged_ns: u64,
}

impl<'a> Worker<'a> {
    /// Runs worker `n` until nothing is left; `absent`: the caller stands in for it.
    pub(crate) fn run(execution: &'a Execution<'a>, n: u32, absent: bool) {
        let Some(stats) = execution.stats.get(n) else {
            return;
        };
        let begun_ns = now_ns();
        stats.set_heartbeat(BETWEEN_CALLS);
        execution.progress.worker_begins();
        let cpu_ns = cpu_time_ns();
        let mut worker = Self {
            execution,
            n,
            stats,
            counts: WorkerCounts {
                begun_ns,
                absent: absent.into(),
                ..WorkerCounts::default()
            },
            rate: RateEstimator::new(execution.job.min_chunk, stats.slot().vcpu),
            log: Log::default(),
            now_ns: begun_ns,
            resched_ns: begun_ns,
            published_items: 0,
            charged_ns: cpu_ns,
        };
        match execution.ranges.is_empty() {
            true => worker.take_all(),
            false => worker.take_from_nodes(),
        }
        worker.leave(cpu_ns);
        execution.progress.worker_leaves();
    }

    fn leave(mut self, begun_cpu_ns: u64) {
        let Execution { job, logs, .. } = self.execution;
        self.publish_progress();
        self.counts.lost_ns = self.rate.lost_ns().min(self.counts.busy_ns);
        // Exact only with a cap, where it is worth the yield.
        let cpu_ns = match job.cap {
            0 => cpu_time_ns(),
            _ => cpu_time_now_ns(),
        };
        self.counts.cpu_ns = cpu_ns.saturating_sub(begun_cpu_ns);
        if job.undo {
            // There is room, unless nothing was done for want of it.
            let _ = logs.lock().push_within_capacity(self.log);
        }
        self.counts.ended_ns = now_ns();
        let moved = Vcpu::current().number() != self.stats.slot().vcpu;
        self.counts.moved = (moved && self.counts.absent == 0).into();
        self.stats.publish(&self.counts);
    }

    /// Takes the whole range as one chunk.
    fn take_all(&mut self) {
        let whole = self.execution.job.start..self.execution.job.end();
        if !whole.is_empty() {
            let asked_ns = self.clock_before_take();
            self.clock_after_take(asked_ns, 0);
            self.chunk(whole);
        }
    }

    /// Takes chunks of its own node, and then of the others.
    fn take_from_nodes(&mut self) {
        for own in [true, false] {
            for range in self.execution.ranges {
                let (number, belongs) = range.number_of(self.n);
                if belongs == own && (own || self.execution.job.spill) {
                    self.take_from(range, number);
                }
            }
        }
    }

    fn take_from(&mut self, range: &NodeRange, number: u32) {
        let execution = self.execution;
        let is_preempted = |other| execution.is_preempted(range.worker_of(other));
        let mut state = WorkerState::with_hint(number, &is_preempted);
        let more = execution.job.burst.saturating_sub(1) as usize;
        let mut rest = KVVec::with_capacity(more, may_fail()).unwrap_or_default();
        while !execution.stopped(self.now_ns) {
            state.stride = self.rate.stride;
            state.lost_time = self.rate.lost_time(self.now_ns);
            let asked_ns = self.clock_before_take();
            let chunk = range.chunks.take(&mut state, &range.deques);
            // The other chunks of a burst, as many as there is room for.
            while rest.len() < more.min(rest.capacity()) {
                let Some(chunk) = range.chunks.take(&mut state, &range.deques) else {
                    break;
                };
                let _ = rest.push_within_capacity(chunk);
            }
            self.clock_after_take(asked_ns, rest.len());
            let Some(chunk) = chunk else { break };
            self.chunk(chunk);
            rest.iter().for_each(|chunk| self.chunk(chunk.clone()));
            rest.clear();
        }
        self.counts.steals = self.counts.steals.wrapping_add(state.steals());
    }

    /// Reads the clock before a chunk is taken; twice, to know what that costs.
    fn clock_before_take(&mut self) -> u64 {
        let from = now_ns();
        let asked_ns = now_ns();
        let took = asked_ns.saturating_sub(from);
        // An interrupted read is left out.
        if took <= STALL_NS {
            self.counts.look_ns = self.counts.look_ns.wrapping_add(took);
        }
        asked_ns
    }

    /// Reads the clock after a chunk, which was asked for at `asked_ns`, and came with so many others.
    /// In a burst of them, a stall is contention.
    fn clock_after_take(&mut self, asked_ns: u64, others: usize) {
        let now = now_ns();
        let took = now.saturating_sub(asked_ns);
        let between = now.saturating_sub(self.now_ns);
        let counts = &mut self.counts;
        counts.handout_ns = counts.handout_ns.wrapping_add(between);
        counts.take_ns = counts.take_ns.wrapping_add(took);
        if took > STALL_NS && others == 0 {
            counts.stalls = counts.stalls.wrapping_add(1);
            counts.stalled_ns = counts.stalled_ns.wrapping_add(took);
        }
        self.now_ns = now;
    }

    /// Does a chunk that was just taken.
    fn chunk(&mut self, chunk: Range<u64>) {
        let Execution { job, work, .. } = self.execution;
        let taken_ns = self.now_ns;
        if job.undo && self.log.reserve().is_err() {
            let start = chunk.start;
            return self.execution.fail(ENOMEM, start, chunk, self.n);
        }
        self.counts.chunks = self.counts.chunks.wrapping_add(1);
        if self.counts.chunks == 1 {
            self.counts.first_ns = taken_ns;
        }
        let stop = || self.execution.stopped(now_ns());
        let mut at = chunk.start;
        while at < chunk.end && !self.execution.stopped(self.now_ns) {
            let to = self.end_of_call(at, chunk.end);
            let from_ns = self.now_ns;
            self.stats.set_heartbeat(from_ns);
            let result = work.part(at..to, &Stop(&stop));
            let done = match &result {
                Ok(()) => to,
                Err(fail) => fail.done_to.unwrap_or(at).max(at).min(to),
            };
            let indices = done.wrapping_sub(at);
            at = done;
            self.now_ns = now_ns();
            let took = self.now_ns.saturating_sub(from_ns);
            self.counts.busy_ns = self.counts.busy_ns.wrapping_add(took);
            self.counts.items = self.counts.items.wrapping_add(indices);
            if let Err(fail) = result {
                let index = fail.index.unwrap_or(at);
                match fail.errno {
                    Some(errno) => self.execution.fail(errno, index, chunk.clone(), self.n),
                    None => self.execution.stop(self.now_ns),
                }
                break;
            }
            self.rate.record(indices, from_ns, self.now_ns);
            self.between_calls();
        }
        self.stats.set_heartbeat(BETWEEN_CALLS);
        self.counts.last_ns = self.now_ns;
        self.stats.record(chunk.start, at, taken_ns, self.now_ns);
        if job.undo {
            self.log.note(chunk.start..at);
        }
    }

    /// Lets other tasks run now and then, and sleeps if the job has used too much CPU time.
    fn between_calls(&mut self) {
        if self.now_ns.saturating_sub(self.resched_ns) >= RESCHED_NS {
            self.resched_ns = self.now_ns;
            self.publish_progress();
            cond_resched();
        }
        let Execution { cap, .. } = self.execution;
        let slept = cap.charge(&mut self.charged_ns, |now| self.execution.stopped(now));
        if slept > 0 {
            self.counts.asleep_ns = self.counts.asleep_ns.wrapping_add(slept);
            self.now_ns = now_ns();
        }
    }

    fn publish_progress(&mut self) {
        let items = self.counts.items;
        let new = items.wrapping_sub(self.published_items);
        self.execution.progress.add(new);
        self.published_items = items;
    }

    /// Returns where a call that begins at `at`, in a chunk that ends at `chunk_end`, ends: at a
    /// multiple of `align`, and where at least `min_chunk` are left for the next call.
    fn end_of_call(&self, at: u64, chunk_end: u64) -> u64 {
        let Execution { job, .. } = self.execution;
        let end = round_up(at.saturating_add(self.rate.stride), job.align);
        match chunk_end.saturating_sub(end) < job.min_chunk.max(1) {
            true => chunk_end,
            false => end,
        }
    }
}
