// SPDX-License-Identifier: GPL-2.0

//! Start barrier: the run begins with every thread at the lock, as in `lock_load`.
//!
//! Its flags are outside of the simulated machine: looking at them costs nothing but the time between looks.

use std::cell::Cell;

use machine::{words, Ns};

/// Time between two looks at a flag.
const LOOK_NS: Ns = 20_000;
/// How long thread 0 waits for the others.
const ARRIVAL_TIMEOUT_NS: Ns = 500_000_000;

#[derive(Default)]
pub(crate) struct StartBarrier {
    held: Cell<bool>,
    arrived: Cell<u32>,
    began: Cell<Option<Ns>>,
}

impl StartBarrier {
    /// Thread 0, in its first section: stays until `others` have arrived, then begins the run.
    pub(crate) fn wait_for_arrivals(&self, others: u32) {
        self.held.set(true);
        let since = words::exact_time();
        while self.arrived.get() < others && words::exact_time() < since + ARRIVAL_TIMEOUT_NS {
            words::compute(LOOK_NS);
        }
        // The last has not queued yet.
        words::compute(LOOK_NS);
        self.began.set(Some(words::exact_time()));
    }

    /// Other threads: arrive at the lock once it is held.
    pub(crate) fn arrive(&self) {
        while !self.held.get() {
            words::sleep(LOOK_NS);
        }
        self.arrived.set(self.arrived.get() + 1);
    }

    /// When the run began.
    pub(crate) fn began(&self) -> Option<Ns> {
        self.began.get()
    }
}
