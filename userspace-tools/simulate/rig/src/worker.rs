// SPDX-License-Identifier: GPL-2.0

//! Worker thread of a run, as its load sees it; the flag that ends it, and the clock of the run. Looking at
//! either costs nothing.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use machine::{words, Ns};

/// Placement of a thread: thread `i` stays on vCPU `i`.
#[derive(Clone, Copy)]
pub struct Placement(pub(crate) u32);

impl Placement {
    /// Returns the vCPU that the thread was bound to.
    pub fn vcpu(&self) -> u32 {
        self.0
    }

    /// Returns how often the thread migrated.
    pub fn moved(&self) -> u32 {
        0
    }
}

/// A flag that goes up at a time.
pub struct StopFlag {
    began_ns: AtomicU64,
    at_ns: AtomicU64,
}

impl StopFlag {
    /// Creates one that is not up, and goes up once the time of the run is over.
    #[expect(clippy::new_without_default, reason = "as all flags here")]
    pub fn new() -> Self {
        Self {
            began_ns: AtomicU64::new(0),
            at_ns: AtomicU64::new(u64::MAX),
        }
    }

    /// Returns when the time of the run began.
    pub(crate) fn began_ns(&self) -> Ns {
        self.began_ns.load(Relaxed)
    }

    /// Returns whether the flag is up.
    #[inline(always)]
    pub fn is_raised(&self) -> bool {
        words::clock() >= self.at_ns.load(Relaxed)
    }
}

/// Worker thread.
pub struct Worker<'a> {
    /// Its number, from 0.
    pub index: u32,
    /// Goes up when it has to stop.
    pub stop_flag: &'a StopFlag,
}

impl Worker<'_> {
    /// Starts the time of the run: the stop flag goes up in `ms`.
    pub fn start_clock(&self, ms: u32) {
        let now = words::exact_time();
        self.stop_flag.began_ns.store(now, Relaxed);
        self.stop_flag
            .at_ns
            .store(now + Ns::from(ms) * 1_000_000, Relaxed);
    }

    /// Returns the vCPU that the thread runs on.
    pub fn current_vcpu(&self) -> u32 {
        self.index
    }
}
