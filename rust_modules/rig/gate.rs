// SPDX-License-Identifier: GPL-2.0

//! Where threads wait for each other, so that they start together.
//!
//! They spin: a thread that sleeps starts up to a tick late. The gate itself says whether it was
//! given up, since a thread that looks at two things may see the second one first.

use algo::primitive::{
    cpu_relax,
    Acquire,
    Atomic,
    Relaxed,
    Release, //
};
use kernel::time::{
    delay::fsleep,
    Delta, //
};

use crate::{
    cond_resched,
    now_ns, //
};

/// CLOSED moves to OPEN or to GIVEN_UP, once.
pub(crate) struct Gate {
    arrived: Atomic<u32>,
    state: Atomic<u32>,
    opened_ns: Atomic<u64>,
}

const CLOSED: u32 = 0;
const OPEN: u32 = 1;
const GIVEN_UP: u32 = 2;

impl Gate {
    /// Returns how long `threads` may take to arrive on a machine that is busy with other things:
    /// 10 s and a quarter for each, as they burn time that the last ones need, but less than the
    /// tools give a run beyond its length.
    pub(crate) fn patience_ns(threads: u32) -> u64 {
        let each = u64::from(threads).saturating_mul(250_000_000);
        each.saturating_add(10_000_000_000).min(25_000_000_000)
    }

    pub(crate) fn new() -> Self {
        Self {
            arrived: Atomic::new(0),
            state: Atomic::new(CLOSED),
            opened_ns: Atomic::new(0),
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

    /// Waits until `threads` have arrived; false if that took too long, or once `hurry` is true.
    pub(crate) fn muster(&self, threads: u32, hurry: impl Fn() -> bool) -> bool {
        let from = now_ns();
        while self.arrived.load(Relaxed) < threads {
            if hurry() || now_ns().saturating_sub(from) > Self::patience_ns(threads) {
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

    /// Lets the time of the run begin now.
    pub(crate) fn opened_now(&self) {
        self.opened_ns.store(now_ns(), Relaxed);
    }

    /// Lets everyone through.
    pub(crate) fn open(&self) {
        self.opened_now();
        // Pairs with the acquire in `pass`: who is through finds the time of the opening.
        self.state.store(OPEN, Release);
    }

    /// Sends everyone home.
    pub(crate) fn give_up(&self) {
        self.opened_now();
        // As in `open`.
        self.state.store(GIVEN_UP, Release);
    }

    /// Returns when the time of the run began.
    pub(crate) fn opened_ns(&self) -> u64 {
        self.opened_ns.load(Relaxed)
    }
}
