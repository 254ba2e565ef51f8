// SPDX-License-Identifier: GPL-2.0

//! Halts until signalled, but signals without a kick: a lost wake-up that every validation must catch.
//!
//! The waiter sees the signal when something else ends its halt, a timer's interrupt for one, or
//! never. Exclusion holds; the wait has no bound.

#![expect(unsafe_code, reason = "implements `Wait::signal`")]

use super::Halt;
use crate::prelude::*;

/// A [`Halt`] whose kick is dropped on purpose.
pub struct Busted(Halt);

impl Wait for Busted {
    #[inline]
    fn new() -> Self {
        Self(Halt::new())
    }

    #[inline]
    fn wait(&self, ahead: Option<Vcpu>, me: &Waiter) {
        self.0.wait(ahead, me);
    }

    #[inline]
    unsafe fn signal(this: *const Self, _: &Waiter) {
        // SAFETY: `this` is live when the call begins, so the field is, by the contract of the
        // function; `Halt::sign` keeps to the rest of it.
        let _not_kicked = unsafe { Halt::sign(core::ptr::addr_of!((*this).0)) };
    }
}
