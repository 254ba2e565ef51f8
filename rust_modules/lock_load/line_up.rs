// SPDX-License-Identifier: GPL-2.0

//! How a run begins: with everyone at the lock.
//!
//! Threads that pass a gate together still reach the lock one by one where vCPUs share CPUs: the
//! first few have it to themselves for a whole time slice of the host, which is as long as many
//! thousand sections. So thread 0 takes the lock before anyone else, holds it until all others
//! have come to it, and only then does the time of the run begin.

use algo::{
    primitive::{
        Atomic,
        Relaxed, //
    },
    Events, //
};
use rig::{
    breathe,
    now_ns,
    Preempt,
    Worker, //
};

use crate::arena::Arena;

/// How long to wait for the last one. On a host that is busy otherwise a vCPU may be off that
/// long; the run then begins without it.
pub(crate) const PATIENCE_MS: u32 = 500;

/// Where the threads of a run stand before it begins.
pub(crate) struct LineUp {
    /// Threads other than the first; they come to the lock.
    others: u32,
    /// Thread 0 has the lock.
    held: Atomic<bool>,
    /// Threads whose next step is the lock.
    came: Atomic<u32>,
    /// The time of the run has begun.
    begun: Atomic<bool>,
}

impl LineUp {
    pub(crate) fn new(threads: u32) -> Self {
        Self {
            others: threads.saturating_sub(1),
            held: Atomic::new(false),
            came: Atomic::new(0),
            begun: Atomic::new(false),
        }
    }

    /// Thread 0: holds the lock until the others are there, and begins the run of `run_ms`; what
    /// is returned must live for as long as it lasts.
    pub(crate) fn begin(
        &self,
        arena: &dyn Arena,
        events: &Events,
        worker: &Worker<'_>,
        run_ms: u32,
    ) -> impl Sized {
        let _here = Preempt::new();
        let from = now_ns();
        let patience_ns = u64::from(PATIENCE_MS).saturating_mul(1_000_000);
        arena.hold(events, &|| {
            self.held.store(true, Relaxed);
            self.came.load(Relaxed) >= self.others
                || worker.alarm.rung()
                || now_ns().saturating_sub(from) > patience_ns
        });
        let clock = worker.start_clock(run_ms);
        self.begun.store(true, Relaxed);
        clock
    }

    /// The others: come to the lock once it is held.
    pub(crate) fn come(&self, worker: &Worker<'_>) {
        while !self.held.load(Relaxed) && !worker.alarm.rung() {
            breathe();
        }
        self.came.add(1, Relaxed);
    }

    /// The others, after their first section: wait until the run has begun. Behind a lock that
    /// excludes it has; one that does not must not be counted for longer than it was timed.
    pub(crate) fn wait(&self, worker: &Worker<'_>) {
        while !self.begun.load(Relaxed) && !worker.alarm.rung() {
            breathe();
        }
    }
}
