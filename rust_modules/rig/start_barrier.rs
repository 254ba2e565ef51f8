// SPDX-License-Identifier: GPL-2.0

//! Beginning and ending together.

use crate::{
    now_ns,
    Worker, //
};
use algo::primitive::{
    cpu_relax,
    Atomic,
    Relaxed, //
};

/// How long to wait for a thread whose vCPU has no CPU, at the beginning and at the end.
pub const START_TIMEOUT_MS: u32 = 1000;

/// Where threads wait until all run.
pub struct StartBarrier {
    threads: u32,
    run_ms: u32,
    /// Threads that are about to begin.
    came: Atomic<u32>,
    /// The time of the run has begun.
    begun: Atomic<bool>,
    /// Threads that have done something.
    took_part: Atomic<u32>,
}

impl StartBarrier {
    /// Creates it, for so many threads and a run of that length.
    pub fn new(threads: u32, run_ms: u32) -> Self {
        Self {
            threads,
            run_ms,
            came: Atomic::new(0),
            begun: Atomic::new(false),
            took_part: Atomic::new(0),
        }
    }

    /// Waits until every thread runs, since a vCPU without a CPU may be late, and begins the run
    /// with the last; what is returned must live for as long as it lasts.
    pub fn wait(&self, worker: &Worker<'_>) -> Option<impl Sized> {
        if self.came.fetch_add(1, Relaxed).wrapping_add(1) == self.threads {
            let clock = worker.start_clock(self.run_ms);
            self.begun.store(true, Relaxed);
            return Some(clock);
        }
        while !self.begun.load(Relaxed) && !worker.stop_flag.is_raised() {
            cpu_relax();
        }
        None
    }

    /// Notes that one more thread has done something.
    pub fn take_part(&self) {
        self.took_part.add(1, Relaxed);
    }

    /// Returns whether to leave, the alarm having rung at `raised_ns`: once everyone has done
    /// something. So who was first is still at it when the last one is, and a counter that
    /// loses shows it even on a host that let only one vCPU run in the time given.
    pub fn over(&self, raised_ns: u64) -> bool {
        let patience_ns = u64::from(START_TIMEOUT_MS).saturating_mul(1_000_000);
        self.took_part.load(Relaxed) >= self.threads
            || now_ns().saturating_sub(raised_ns) > patience_ns
    }
}

/// Asks after each burst whether the run is over.
pub struct Until<'a> {
    start_barrier: &'a StartBarrier,
    worker: &'a Worker<'a>,
    bursts: u64,
    raised_ns: Option<u64>,
}

impl<'a> Until<'a> {
    /// Creates it for `worker`, which has lined up.
    pub fn new(start_barrier: &'a StartBarrier, worker: &'a Worker<'a>) -> Self {
        Self {
            start_barrier,
            worker,
            bursts: 0,
            raised_ns: None,
        }
    }

    /// Notes a burst, and returns whether it was the last.
    pub fn over(&mut self) -> bool {
        if self.bursts == 0 {
            self.start_barrier.take_part();
        }
        self.bursts = self.bursts.wrapping_add(1);
        self.worker.stop_flag.is_raised()
            && self
                .start_barrier
                .over(*self.raised_ns.get_or_insert_with(now_ns))
    }
}
