// SPDX-License-Identifier: GPL-2.0

//! Spins until signalled.

#![expect(unsafe_code, reason = "implements `Wait::signal`")]

use crate::prelude::*;

/// A flag that the waiter watches.
pub struct Spin(Atomic<u32>);

impl Spin {
    /// Whether the signal has come; if so, what the signaller did before has happened.
    #[inline]
    pub(crate) fn is_signalled(&self) -> bool {
        // Pairs with the release in `signal`.
        self.0.load(Acquire) != 0
    }
}

impl Wait for Spin {
    #[inline]
    fn new() -> Self {
        Self(Atomic::new(0))
    }

    #[inline]
    fn wait(&self, _: Option<Vcpu>, me: &Waiter) {
        me.spin_until(|| self.is_signalled());
    }

    #[inline]
    unsafe fn signal(this: *const Self, _: &Waiter) {
        // SAFETY: `this` is live until the store, by the contract of the function.
        // The release pairs with the acquire in `is_signalled`.
        unsafe { (*this).0.store(1, Release) };
    }
}
