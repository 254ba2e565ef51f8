// SPDX-License-Identifier: GPL-2.0

//! Spins for the threshold, then halts the vCPU.
//!
//! Jeremy Fitzhardinge, "xen: implement Xen-specific spinlocks", 2008: a waiter that has spun
//! that long can assume that the holder is preempted.

#![expect(unsafe_code, reason = "implements `Wait::signal`")]

use super::Halt;
use crate::prelude::*;

/// A [`Halt`] with a spin threshold.
pub struct SpinThenHalt(Halt);

impl Wait for SpinThenHalt {
    #[inline]
    fn new() -> Self {
        Self(Halt::new())
    }

    #[inline]
    fn wait(&self, ahead: Option<Vcpu>, me: &Waiter) {
        for _ in 0..me.tuning.threshold {
            if self.0.is_signalled() {
                return;
            }
            me.relax_and_sample();
        }
        self.0.wait(ahead, me);
    }

    #[inline]
    unsafe fn signal(this: *const Self, me: &Waiter) {
        // SAFETY: `this` is live when the call begins, so the field is, by the contract of the
        // function; `Halt::signal` keeps to the rest of it.
        unsafe { Halt::signal(core::ptr::addr_of!((*this).0), me) };
    }
}
