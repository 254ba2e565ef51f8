// SPDX-License-Identifier: GPL-2.0

//! Start barrier: threads begin a run together, and leave it when each has worked.

use crate::prelude::*;

/// Timeout for a thread whose vCPU is preempted, at the beginning and at the end of a run.
pub const START_TIMEOUT_MS: u32 = 1000;

/// Start barrier of a run.
pub struct StartBarrier {
    threads: u32,
    run_ms: u32,
    /// Threads that are about to begin.
    arrived: Atomic<u32>,
    /// The time of the run has begun.
    begun: Atomic<bool>,
    /// Threads that have ended a burst.
    worked: Atomic<u32>,
}

impl StartBarrier {
    /// Creates it for `threads` and a run of `run_ms`.
    pub fn new(threads: u32, run_ms: u32) -> Self {
        Self {
            threads,
            run_ms,
            arrived: Atomic::new(0),
            begun: Atomic::new(false),
            worked: Atomic::new(0),
        }
    }

    /// Waits until every thread runs, since a preempted vCPU may be late; the last one starts the
    /// clock of the run, and keeps what is returned for as long as the run lasts.
    pub fn wait(&self, worker: &Worker<'_>) -> Option<impl Sized> {
        if self.arrived.fetch_add(1, Relaxed).wrapping_add(1) == self.threads {
            let clock = worker.start_clock(self.run_ms);
            self.begun.store(true, Relaxed);
            return Some(clock);
        }
        while !self.begun.load(Relaxed) && !worker.stop_flag.is_raised() {
            crate::cond_resched();
        }
        None
    }

    /// Runs `burst` until the run is over, with a chance for other tasks after each.
    pub fn bursts(&self, worker: &Worker<'_>, mut burst: impl FnMut()) {
        let _clock = self.wait(worker);
        let mut until = Until::new(self, worker);
        loop {
            burst();
            if until.over() {
                break;
            }
            crate::cond_resched();
        }
    }

    /// Returns whether to leave, the stop flag having gone up at `raised_ns`: once every thread has
    /// worked. So the first thread still works when the last one does, and a counter that loses
    /// additions shows it even on a host that let only one vCPU run in the time given.
    fn over(&self, raised_ns: u64) -> bool {
        let timeout_ns = u64::from(START_TIMEOUT_MS).saturating_mul(1_000_000);
        self.worked.load(Relaxed) >= self.threads || now_ns().saturating_sub(raised_ns) > timeout_ns
    }
}

/// Test after each burst of a thread whether the run is over.
pub struct Until<'a> {
    start_barrier: &'a StartBarrier,
    worker: &'a Worker<'a>,
    has_worked: bool,
    raised_ns: Option<u64>,
}

impl<'a> Until<'a> {
    /// Creates it for `worker`, which has passed the barrier.
    pub fn new(start_barrier: &'a StartBarrier, worker: &'a Worker<'a>) -> Self {
        Self {
            start_barrier,
            worker,
            has_worked: false,
            raised_ns: None,
        }
    }

    /// Counts a burst, and returns whether it was the last.
    pub fn over(&mut self) -> bool {
        if !self.has_worked {
            self.has_worked = true;
            self.start_barrier.worked.add(1, Relaxed);
        }
        self.worker.stop_flag.is_raised()
            && self
                .start_barrier
                .over(*self.raised_ns.get_or_insert_with(now_ns))
    }
}
