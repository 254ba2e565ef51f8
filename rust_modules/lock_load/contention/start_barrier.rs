// SPDX-License-Identifier: GPL-2.0

//! Start barrier of a contention run: it begins with every thread at the lock.
//!
//! Threads released together still reach the lock one by one where vCPUs share CPUs: the first few
//! have it to themselves for a time slice of the host, many thousand sections. Thread 0 therefore
//! enters a section first, stays there until all others have arrived at the lock, and only then
//! starts the time of the run.
//!
//! The barrier also makes certain that a lock without exclusion is caught: thread 0 stays a little
//! longer, for another thread to complete a section meanwhile.

use core::cell::Cell;

use crate::{
    lock::LockUnderTest,
    prelude::*, //
};

/// How long thread 0 waits for arrivals. On a busy host a vCPU may not run for that long; the run
/// then begins without it.
pub(crate) const ARRIVAL_TIMEOUT_MS: u32 = 500;

/// How long thread 0 stays after the last arrival, for another thread to enter a lock that does not
/// exclude it.
const INTRUSION_NS: u64 = 10_000_000;

/// Start barrier of one run. All accesses are relaxed: the flags hand over nothing else.
pub(super) struct StartBarrier {
    /// Threads other than thread 0.
    others: u32,
    run_ms: u32,
    /// Thread 0 holds the lock.
    held: Atomic<bool>,
    /// Other threads whose next step is the lock.
    arrived: Atomic<u32>,
    /// Other threads that completed a section.
    passed: Atomic<u32>,
    /// The time of the run has begun.
    begun: Atomic<bool>,
}

impl StartBarrier {
    pub(super) fn new(threads: u32, run_ms: u32) -> Self {
        Self {
            others: threads.saturating_sub(1),
            run_ms,
            held: Atomic::new(false),
            arrived: Atomic::new(0),
            passed: Atomic::new(0),
            begun: Atomic::new(false),
        }
    }

    /// Whether the time of the run has begun.
    pub(super) fn has_begun(&self) -> bool {
        self.begun.load(Relaxed)
    }

    /// Thread 0: stays in its first section until the others have arrived, calls `begin` as the last
    /// step of the section and starts the time of the run. The return value has to live for as
    /// long as the run lasts.
    pub(super) fn wait_for_arrivals(
        &self,
        lock: &dyn LockUnderTest,
        me: &Waiter,
        worker: &Worker<'_>,
        begin: &dyn Fn(),
    ) -> impl Sized {
        let _pinned = lock.pin();
        let timeout_ns = u64::from(ARRIVAL_TIMEOUT_MS).saturating_mul(1_000_000);
        let held_since = now_ns();
        let complete_since = Cell::new(None);
        lock.hold_until(me, &|| {
            self.held.store(true, Relaxed);
            let now = now_ns();
            if complete_since.get().is_none() && self.arrived.load(Relaxed) >= self.others {
                complete_since.set(Some(now));
            }
            let intruded = || self.others == 0 || self.passed.load(Relaxed) > 0;
            let enough = worker.stop_flag.is_raised()
                || match complete_since.get() {
                    Some(since) => intruded() || now.saturating_sub(since) > INTRUSION_NS,
                    None => now.saturating_sub(held_since) > timeout_ns,
                };
            if enough {
                begin();
            }
            enough
        });
        let clock = worker.start_clock(self.run_ms);
        self.begun.store(true, Relaxed);
        clock
    }

    /// Other threads: arrive at the lock once it is held.
    pub(super) fn arrive(&self, worker: &Worker<'_>) {
        while !self.held.load(Relaxed) && !worker.stop_flag.is_raised() {
            cond_resched();
        }
        self.arrived.add(1, Relaxed);
    }

    /// Other threads, after their first batch: wait until the run has begun. A lock that excludes
    /// let none of them enter before; one that does not must not be counted for longer than it is
    /// timed.
    pub(super) fn wait_for_begin(&self, worker: &Worker<'_>) {
        if self.has_begun() {
            return;
        }
        self.passed.add(1, Relaxed);
        while !self.has_begun() && !worker.stop_flag.is_raised() {
            cond_resched();
        }
    }
}
