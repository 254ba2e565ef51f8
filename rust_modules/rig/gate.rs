// SPDX-License-Identifier: GPL-2.0

//! Gate at which the threads of a run wait, so that they start together.
//!
//! They spin: a thread that sleeps starts up to a tick late. One word holds whether the gate is open
//! or given up, since a thread that reads two words may see the second one first.

use kernel::time::{
    delay::fsleep,
    Delta, //
};

use crate::prelude::*;

/// Gate: CLOSED moves to OPEN or to GIVEN_UP, once.
pub(crate) struct Gate {
    arrived: Atomic<u32>,
    state: Atomic<u32>,
    opened_ns: Atomic<u64>,
    /// A thread has restarted the time of the run.
    restarted: Atomic<bool>,
}

/// Time in which threads arrive on a machine that is busy with other things: this, and …
const ARRIVAL_NS: u64 = 10_000_000_000;
/// … this for each thread, as those that spin take time from the last ones, but at most …
const ARRIVAL_PER_THREAD_NS: u64 = 250_000_000;
/// … this, less than the tools give a run beyond its length.
const LONGEST_ARRIVAL_NS: u64 = 25_000_000_000;

const CLOSED: u32 = 0;
const OPEN: u32 = 1;
const GIVEN_UP: u32 = 2;

impl Gate {
    /// Returns how long `threads` may take to arrive.
    pub(crate) fn arrival_timeout_ns(threads: u32) -> u64 {
        let each = u64::from(threads).saturating_mul(ARRIVAL_PER_THREAD_NS);
        each.saturating_add(ARRIVAL_NS).min(LONGEST_ARRIVAL_NS)
    }

    pub(crate) fn new() -> Self {
        Self {
            arrived: Atomic::new(0),
            state: Atomic::new(CLOSED),
            opened_ns: Atomic::new(0),
            restarted: Atomic::new(false),
        }
    }

    /// Arrives, waits, and returns whether the gate was opened.
    pub(crate) fn pass(&self) -> bool {
        self.arrived.add(1, Relaxed);
        loop {
            // Pairs with the release in `open` and `give_up`.
            match self.state.load(Acquire) {
                CLOSED => cpu_relax(),
                state => return state == OPEN,
            }
            cond_resched();
        }
    }

    /// Waits until `threads` have arrived; false after the timeout, or once `cancelled`.
    pub(crate) fn wait_for_arrivals(&self, threads: u32, cancelled: impl Fn() -> bool) -> bool {
        let from = now_ns();
        while self.arrived.load(Relaxed) < threads {
            if cancelled() || now_ns().saturating_sub(from) > Self::arrival_timeout_ns(threads) {
                return false;
            }
            fsleep(Delta::from_micros(200));
        }
        true
    }

    /// Returns how many have arrived.
    pub(crate) fn arrived(&self) -> u32 {
        self.arrived.load(Relaxed)
    }

    fn start_clock(&self) {
        self.opened_ns.store(now_ns(), Relaxed);
    }

    /// Lets the time of the run count from now.
    pub(crate) fn restart_clock(&self) {
        self.start_clock();
        self.restarted.store(true, Relaxed);
    }

    /// Returns whether a thread restarted the time of the run.
    pub(crate) fn is_restarted(&self) -> bool {
        self.restarted.load(Relaxed)
    }

    /// Opens the gate.
    pub(crate) fn open(&self) {
        self.start_clock();
        // Pairs with the acquire in `pass`: a thread that passed finds the time of the opening.
        self.state.store(OPEN, Release);
    }

    /// Gives the run up: threads that wait leave.
    pub(crate) fn give_up(&self) {
        self.start_clock();
        // As in `open`.
        self.state.store(GIVEN_UP, Release);
    }

    /// Returns when the time of the run began.
    pub(crate) fn opened_ns(&self) -> u64 {
        self.opened_ns.load(Relaxed)
    }
}
