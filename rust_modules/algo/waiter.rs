// SPDX-License-Identifier: GPL-2.0

//! The thread that wants a lock: what happened to it, and what it was told about waiting.

use crate::{
    primitive::cpu_relax,
    Events,
    WaitClock, //
};

/// What the locks and waits of one thread go by. Plain numbers; a lock that needs none ignores them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tuning {
    /// Looks at the lock before a waiter halts; 0 halts at once.
    pub threshold: u32,
    /// The longest pause between two attempts, in rounds of `cpu_relax`; 0 and 1 are none.
    pub backoff: u32,
    /// How many times in a row waiters may be overtaken before they are served; 0 is never.
    pub overtakes: u32,
}

impl Default for Tuning {
    fn default() -> Self {
        Self {
            threshold: 512,
            backoff: 64,
            overtakes: 1024,
        }
    }
}

/// A thread, as locks see it. It belongs to that thread: not `Sync`.
#[derive(Default)]
pub struct Waiter {
    /// What happened to it.
    pub events: Events,
    /// What it goes by.
    pub tuning: Tuning,
    /// Its clock while it waits.
    pub watch: WaitClock,
}

impl Waiter {
    /// Creates a thread to which nothing has happened yet.
    #[inline]
    pub fn new(tuning: Tuning) -> Self {
        Self {
            events: Events::default(),
            tuning,
            watch: WaitClock::default(),
        }
    }

    /// Marks the begin of a wait: the lock was not free at first sight. A lock that queues calls this
    /// once the thread has its position.
    #[inline]
    pub fn begin_wait(&self) {
        self.events.lock_slowpath.bump();
        self.watch.begin(self.events.halts.get());
    }

    /// One iteration of a loop that waits for a lock: the CPU's spin hint, and, where waits are timed,
    /// a sample of the clock, which shows whether the vCPU ran since the last one.
    #[inline]
    pub fn relax_and_sample(&self) {
        cpu_relax();
        self.watch.look(self.events.halts.get());
    }
}
