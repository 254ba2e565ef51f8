// SPDX-License-Identifier: GPL-2.0

//! Halts the vCPU until signalled, at once or after the spin threshold.
//!
//! The handshake is that of `pv_wait_node()` and `pv_kick_node()` in
//! `kernel/locking/qspinlock_paravirt.h`, with state and vCPU of the waiter in one word:
//!
//! ```text
//!   WAITING ──wait──▶ HALTED + vCPU ──signal: kick──▶ SIGNALLED
//!      └──────────────signal: no kick─────────────────────▲
//! ```
//!
//! Spinning first is Jeremy Fitzhardinge's, "xen: implement Xen-specific spinlocks", 2008: a waiter
//! that spun for the threshold can assume that the holder is preempted.

#![expect(unsafe_code, reason = "implements `Wait::signal`")]

use crate::prelude::*;

/// A state that the waiter halts on, with the vCPU to kick; `SPIN`: it spins for the threshold first;
/// `KICK`: a signal kicks.
pub struct Halting<const SPIN: bool, const KICK: bool>(Atomic<u32>);

/// Halts at once.
pub type Halt = Halting<false, true>;
/// Spins for the threshold, then halts.
pub type SpinThenHalt = Halting<true, true>;
/// Halts, and is not kicked: a lost wake-up that every validation must catch. The waiter sees the
/// signal when something else ends its halt, a timer's interrupt for one, or never.
pub type Busted = Halting<false, false>;

const WAITING: u32 = 0;
const SIGNALLED: u32 = 1;
const HALTED: u32 = 2;

impl<const SPIN: bool, const KICK: bool> Wait for Halting<SPIN, KICK> {
    #[inline]
    fn new() -> Self {
        Self(Atomic::new(WAITING))
    }

    #[inline]
    fn wait(&self, _: Option<Vcpu>, me: &Waiter) {
        if SPIN {
            // Pairs with the release in `signal`.
            let signalled = || self.0.load(Acquire) == SIGNALLED;
            if me.spin_for(me.tuning.threshold, signalled).is_some() {
                return;
            }
        }
        let halted = Vcpu::current().number().wrapping_add(HALTED);
        // Nothing to order: all that it publishes is in the word.
        if self.0.cmpxchg(WAITING, halted, Relaxed).is_ok() {
            while self.0.load(Relaxed) == halted {
                me.events.halts.bump();
                Vcpu::halt_while(&self.0, halted);
            }
        }
        // Either way SIGNALLED was seen; pairs with the release in `signal`.
        let _ = self.0.load(Acquire);
    }

    #[inline(always)]
    unsafe fn signal(this: *const Self, me: &Waiter) {
        // SAFETY: `this` is live until the exchange, by the contract of the function.
        // The release pairs with the acquires of the waiter. An exchange, for the kick not to
        // overtake it, and to read the vCPU if there is one to kick.
        let was = unsafe { (*this).0.xchg(SIGNALLED, Release) };
        let vcpu = was.checked_sub(HALTED).and_then(Vcpu::numbered);
        if let Some(vcpu) = vcpu.filter(|_| KICK) {
            me.events.kicks.bump();
            vcpu.kick();
        }
    }
}
