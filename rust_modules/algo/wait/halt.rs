// SPDX-License-Identifier: GPL-2.0

//! Halts the vCPU until signalled.
//!
//! The handshake is that of `pv_wait_node()` and `pv_kick_node()` in
//! `kernel/locking/qspinlock_paravirt.h`, with state and vCPU of the waiter in one word:
//!
//! ```text
//!   WAITING ──wait──▶ HALTED + vCPU ──signal: kick──▶ SIGNALLED
//!      └──────────────signal: no kick─────────────────────▲
//! ```

#![expect(unsafe_code, reason = "implements `Wait::signal`")]

use crate::prelude::*;

/// A state that the waiter halts on, with the vCPU to kick.
pub struct Halt(Atomic<u32>);

const WAITING: u32 = 0;
const SIGNALLED: u32 = 1;
const HALTED: u32 = 2;

impl Halt {
    /// Whether the signal has come; if so, what the signaller did before has happened.
    #[inline]
    pub(super) fn is_signalled(&self) -> bool {
        // Pairs with the release in `sign`.
        self.0.load(Acquire) == SIGNALLED
    }

    /// Gives the signal; returns the vCPU that has to be kicked for it to be noticed.
    ///
    /// # Safety
    ///
    /// As for [`Wait::signal`].
    #[inline]
    pub(super) unsafe fn sign(this: *const Self) -> Option<Vcpu> {
        // SAFETY: `this` is live until the exchange, by the contract of the function.
        // The release pairs with the acquires of the waiter. An exchange, for the kick not to
        // overtake it, and to read the vCPU if there is one to kick.
        let was = unsafe { (*this).0.xchg(SIGNALLED, Release) };
        was.checked_sub(HALTED).and_then(Vcpu::numbered)
    }
}

impl Wait for Halt {
    #[inline]
    fn new() -> Self {
        Self(Atomic::new(WAITING))
    }

    #[inline]
    fn wait(&self, _: Option<Vcpu>, me: &Waiter) {
        let halted = Vcpu::current().number().wrapping_add(HALTED);
        // Nothing to order: all that it publishes is in the word.
        if self.0.cmpxchg(WAITING, halted, Relaxed).is_ok() {
            while self.0.load(Relaxed) == halted {
                me.events.halts.bump();
                Vcpu::halt_while(&self.0, halted);
            }
        }
        // Either way SIGNALLED was seen; pairs with the release in `sign`.
        let _ = self.0.load(Acquire);
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
