// SPDX-License-Identifier: GPL-2.0

//! Halts the vCPU until signalled.
//!
//! The handshake is that of `pv_wait_node()` and `pv_kick_node()` in
//! `kernel/locking/qspinlock_paravirt.h`, with the waiter's state in one word:
//!
//! ```text
//!   WAITING ──wait──▶ HALTED ──signal: kick──▶ SIGNALLED
//!      └────────────signal: no kick───────────────▲
//! ```

#![expect(unsafe_code, reason = "implements `Wait::signal`")]

use super::Wait;
use crate::{
    primitive::{
        Acquire,
        Atomic,
        Cell,
        Relaxed,
        Release,
        Vcpu, //
    },
    Events, //
};

/// A state that the waiter halts on, and the vCPU to kick.
pub struct Halt {
    state: Atomic<u32>,
    vcpu: Cell<Vcpu>,
}

const WAITING: u32 = 0;
const HALTED: u32 = 1;
const SIGNALLED: u32 = 2;

impl Halt {
    /// Whether the signal has come; if so, what the signaller did before has happened.
    #[inline]
    pub(super) fn is_signalled(&self) -> bool {
        // Pairs with the release in `signal`.
        self.state.load(Acquire) != WAITING
    }
}

impl Wait for Halt {
    const NAME: &'static str = "halt";

    #[inline]
    fn new() -> Self {
        Self {
            state: Atomic::new(WAITING),
            vcpu: Cell::new(Vcpu::current()),
        }
    }

    #[inline]
    fn wait(&self, events: &Events) {
        // Nothing to order: the waiter publishes no more than that it is about to halt.
        if self.state.cmpxchg(WAITING, HALTED, Relaxed).is_ok() {
            while self.state.load(Relaxed) == HALTED {
                events.halts.bump();
                Vcpu::halt_while(&self.state, HALTED);
            }
        }
        // Pairs with the release in `signal`.
        let _ = self.state.load(Acquire);
    }

    #[inline]
    unsafe fn signal(this: *const Self, events: &Events) {
        // SAFETY: `this` is live until the exchange, by the contract of the function, and `vcpu`
        // is never written after `new`.
        let vcpu = unsafe { (*this).vcpu.with(|v| (*v).clone()) };
        // SAFETY: As above.
        // The release pairs with the acquire at the end of `wait`. That the exchange reads what
        // the waiter's own exchange wrote is what makes the kick certain.
        if unsafe { (*this).state.xchg(SIGNALLED, Release) } == HALTED {
            events.kicks.bump();
            vcpu.kick();
        }
    }
}
