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
    Waiter, //
};

/// A state that the waiter halts on, and the vCPU to kick once it is [`HALTED`].
pub struct Halt {
    state: Atomic<u32>,
    vcpu: Cell<Option<Vcpu>>,
}

const WAITING: u32 = 0;
const HALTED: u32 = 1;
const SIGNALLED: u32 = 2;

impl Halt {
    /// Whether the signal has come; if so, what the signaller did before has happened.
    #[inline]
    pub(super) fn is_signalled(&self) -> bool {
        // Pairs with the releases in `sign`.
        self.state.load(Acquire) == SIGNALLED
    }

    /// Gives the signal; returns the vCPU that has to be kicked for it to be noticed.
    ///
    /// # Safety
    ///
    /// As for [`Wait::signal`].
    #[inline]
    pub(super) unsafe fn sign(this: *const Self) -> Option<Vcpu> {
        // SAFETY: `this` is live until SIGNALLED is written, by the contract of the function.
        let state = unsafe { &(*this).state };
        // Pairs with the acquires of the waiter.
        if state.cmpxchg(WAITING, SIGNALLED, Release).is_ok() {
            return None;
        }
        // It is HALTED, and stays so until we change it. Pairs with the release in `wait`.
        let _ = state.load(Acquire);
        // SAFETY: As above, and `vcpu` was written before HALTED was and is not written again.
        let vcpu = unsafe { (*this).vcpu.with(|v| (*v).clone()) };
        // An exchange, for the kick not to overtake it. Pairs with the acquires of the waiter.
        state.xchg(SIGNALLED, Release);
        vcpu
    }
}

impl Wait for Halt {
    const NAME: &'static str = "halt";

    #[inline]
    fn new() -> Self {
        Self {
            state: Atomic::new(WAITING),
            vcpu: Cell::new(None),
        }
    }

    #[inline]
    fn wait(&self, _: Option<Vcpu>, me: &Waiter) {
        if self.is_signalled() {
            return;
        }
        // SAFETY: The signaller reads it only once it has seen HALTED, which is written below.
        self.vcpu
            .with_mut(|v| unsafe { *v = Some(Vcpu::current()) });
        // Hands `vcpu` over to the load in `sign`.
        if self.state.cmpxchg(WAITING, HALTED, Release).is_ok() {
            while self.state.load(Relaxed) == HALTED {
                me.events.halts.bump();
                Vcpu::halt_while(&self.state, HALTED);
            }
        }
        // Either way SIGNALLED was seen; pairs with the releases in `sign`.
        let _ = self.state.load(Acquire);
    }

    #[inline]
    unsafe fn signal(this: *const Self, me: &Waiter) {
        // SAFETY: By the contract of the function.
        if let Some(vcpu) = unsafe { Self::sign(this) } {
            me.events.kicks.bump();
            vcpu.kick();
        }
    }
}
