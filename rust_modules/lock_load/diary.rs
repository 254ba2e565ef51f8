// SPDX-License-Identifier: GPL-2.0

//! What the instruments saw of one thread, which alone writes it.

use algo::{
    preemption_log::Blame,
    primitive::{
        Atomic,
        Relaxed, //
    }, //
};
use kernel::prelude::*;
use rig::LatencyHistogram;

/// A number that one thread writes, and others read when it has left.
pub(crate) struct Tally(Atomic<u64>);

impl Tally {
    pub(crate) fn new() -> Self {
        Self(Atomic::new(0))
    }

    pub(crate) fn add(&self, n: u64) {
        self.0.store(self.get().saturating_add(n), Relaxed);
    }

    pub(crate) fn raise(&self, n: u64) {
        self.0.store(self.get().max(n), Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// Long waits that are blamed on the same.
pub(crate) struct Blamed {
    pub(crate) count: Tally,
    pub(crate) ns: Tally,
}

impl Blamed {
    fn new() -> Self {
        Self {
            count: Tally::new(),
            ns: Tally::new(),
        }
    }

    fn add(&self, ns: u64) {
        self.count.add(1);
        self.ns.add(ns);
    }
}

/// What the instruments saw of one thread.
pub(crate) struct Diary {
    pub(crate) wait: LatencyHistogram,
    pub(crate) hold: LatencyHistogram,
    pub(crate) handoff: LatencyHistogram,
    pub(crate) waits: Tally,
    pub(crate) overtaken: Tally,
    pub(crate) longest_run: Tally,
    pub(crate) lost_ns: Tally,
    pub(crate) holder: Blamed,
    pub(crate) predecessor: Blamed,
    pub(crate) waiter: Blamed,
    pub(crate) queue: Blamed,
}

impl Diary {
    pub(crate) fn new() -> Result<Self> {
        Ok(Self {
            wait: LatencyHistogram::new()?,
            hold: LatencyHistogram::new()?,
            handoff: LatencyHistogram::new()?,
            waits: Tally::new(),
            overtaken: Tally::new(),
            longest_run: Tally::new(),
            lost_ns: Tally::new(),
            holder: Blamed::new(),
            predecessor: Blamed::new(),
            waiter: Blamed::new(),
            queue: Blamed::new(),
        })
    }

    /// Adds a long wait.
    pub(crate) fn blame(&self, blame: Blame, ns: u64) {
        let class = match blame {
            Blame::Holder => &self.holder,
            Blame::Predecessor => &self.predecessor,
            Blame::Waiter => &self.waiter,
            Blame::Queue => &self.queue,
        };
        class.add(ns);
    }
}
