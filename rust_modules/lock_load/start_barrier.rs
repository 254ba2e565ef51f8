// SPDX-License-Identifier: GPL-2.0

//! How a run begins: with everyone at the lock.
//!
//! Threads that pass a gate together still reach the lock one by one where vCPUs share CPUs: the
//! first few have it to themselves for a whole time slice of the host, which is as long as many
//! thousand sections. So thread 0 enters a section before anyone else, stays in it until all
//! others have come to the lock, and only then does the time of the run begin.
//!
//! It also makes a lock that does not exclude show itself for certain, and not just in all
//! likelihood: thread 0 stays a little longer, for another to complete a section meanwhile.

use core::cell::Cell;

use algo::{
    primitive::{
        Atomic,
        Relaxed, //
    },
    Waiter, //
};
use rig::{
    cond_resched,
    now_ns,
    Preempt,
    Worker, //
};

use crate::arena::Arena;

/// How long to wait for the last one. On a host that is busy otherwise a vCPU may be off that
/// long; the run then begins without it.
pub(crate) const PATIENCE_MS: u32 = 500;

/// How long thread 0 stays for another to get past it, all being there.
const TEMPTATION_NS: u64 = 10_000_000;

/// Where the threads of a run stand before it begins.
pub(crate) struct StartBarrier {
    /// Threads other than the first; they come to the lock.
    others: u32,
    /// Thread 0 has the lock.
    held: Atomic<bool>,
    /// Threads whose next step is the lock.
    came: Atomic<u32>,
    /// Threads that completed a section.
    past: Atomic<u32>,
    /// The time of the run has begun.
    begun: Atomic<bool>,
}

impl StartBarrier {
    pub(crate) fn new(threads: u32) -> Self {
        Self {
            others: threads.saturating_sub(1),
            held: Atomic::new(false),
            came: Atomic::new(0),
            past: Atomic::new(0),
            begun: Atomic::new(false),
        }
    }

    /// Whether the time of the run has begun.
    pub(crate) fn begun(&self) -> bool {
        self.begun.load(Relaxed)
    }

    /// Thread 0: stays in its first section until the others are there, and begins the run of
    /// `run_ms`, which `begins` with the end of that section; with preemption on if the lock
    /// sleeps. What is returned must live for as long as it lasts.
    pub(crate) fn begin(
        &self,
        arena: &dyn Arena,
        me: &Waiter,
        worker: &Worker<'_>,
        run_ms: u32,
        sleeps: bool,
        begins: &dyn Fn(),
    ) -> impl Sized {
        let _here = (!sleeps).then(Preempt::new);
        let came = || self.came.load(Relaxed) >= self.others;
        let past = || self.others == 0 || self.past.load(Relaxed) > 0;
        let patience_ns = u64::from(PATIENCE_MS).saturating_mul(1_000_000);
        let started = now_ns();
        let all_since = Cell::new(None);
        arena.hold(me, &|| {
            self.held.store(true, Relaxed);
            let now = now_ns();
            if came() && all_since.get().is_none() {
                all_since.set(Some(now));
            }
            let enough = worker.stop_flag.is_raised()
                || match all_since.get() {
                    Some(since) => past() || now.saturating_sub(since) > TEMPTATION_NS,
                    None => now.saturating_sub(started) > patience_ns,
                };
            if enough {
                begins();
            }
            enough
        });
        let clock = worker.start_clock(run_ms);
        self.begun.store(true, Relaxed);
        clock
    }

    /// The others: come to the lock once it is held.
    pub(crate) fn come(&self, worker: &Worker<'_>) {
        while !self.held.load(Relaxed) && !worker.stop_flag.is_raised() {
            cond_resched();
        }
        self.came.add(1, Relaxed);
    }

    /// The others, after their first section: wait until the run has begun. Behind a lock that
    /// excludes it has; one that does not must not be counted for longer than it was timed.
    pub(crate) fn wait(&self, worker: &Worker<'_>) {
        if self.begun.load(Relaxed) {
            return;
        }
        self.past.add(1, Relaxed);
        while !self.begun.load(Relaxed) && !worker.stop_flag.is_raised() {
            cond_resched();
        }
    }
}
