// SPDX-License-Identifier: GPL-2.0

//! Start barrier: threads begin a run together, and leave it when each has worked.
//!
//! Its flags are outside of the simulated machine. A thread that waits sleeps between looks: one that spun
//! would keep a CPU from those that have yet to arrive.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};

use machine::{words, Ns};

use crate::Worker;

/// Time between two looks at the flag.
const LOOK_NS: Ns = 20_000;
/// Timeout for a thread that has not worked, at the end of a run: seventy slices of 2.8 ms. The module waits for
/// a second, in which a lock that starves one waiter is simulated for nothing.
const LEAVE_NS: Ns = 200_000_000;

/// Start barrier of a run.
pub struct StartBarrier {
    threads: u32,
    run_ms: u32,
    arrived: AtomicU32,
    begun: AtomicBool,
    /// Threads that have ended a burst.
    worked: AtomicU32,
}

impl StartBarrier {
    /// Creates it for `threads` and a run of `run_ms`.
    pub fn new(threads: u32, run_ms: u32) -> Self {
        Self {
            threads,
            run_ms,
            arrived: AtomicU32::new(0),
            begun: AtomicBool::new(false),
            worked: AtomicU32::new(0),
        }
    }

    /// Waits until every thread runs; the last one starts the clock of the run.
    pub fn wait(&self, worker: &Worker<'_>) -> Option<impl Sized> {
        if self.arrived.fetch_add(1, Relaxed) + 1 == self.threads {
            worker.start_clock(self.run_ms);
            self.begun.store(true, Relaxed);
            return Some(());
        }
        while !self.begun.load(Relaxed) {
            words::sleep(LOOK_NS);
        }
        None
    }

    /// Runs `burst` until the run is over.
    pub fn bursts(&self, worker: &Worker<'_>, mut burst: impl FnMut()) {
        let _clock = self.wait(worker);
        let mut until = Until::new(self, worker);
        loop {
            burst();
            if until.over() {
                break;
            }
        }
    }

    /// Returns whether to leave, the stop flag having gone up at `raised_ns`: once every thread has worked.
    fn over(&self, raised_ns: Ns) -> bool {
        self.worked.load(Relaxed) >= self.threads
            || words::clock().saturating_sub(raised_ns) > LEAVE_NS
    }
}

/// Test after each burst of a thread whether the run is over.
pub struct Until<'a> {
    start_barrier: &'a StartBarrier,
    worker: &'a Worker<'a>,
    has_worked: bool,
    raised_ns: Option<Ns>,
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
            self.start_barrier.worked.fetch_add(1, Relaxed);
        }
        self.worker.stop_flag.is_raised()
            && self
                .start_barrier
                .over(*self.raised_ns.get_or_insert_with(words::clock))
    }
}
