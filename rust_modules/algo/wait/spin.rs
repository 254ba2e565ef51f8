// SPDX-License-Identifier: GPL-2.0

//! Burns the vCPU until signalled.

#![expect(unsafe_code, reason = "implements `Wait::signal`")]

use super::Wait;
use crate::{
    primitive::{
        cpu_relax,
        Acquire,
        Atomic,
        Release, //
    },
    Events, //
};

/// A flag that the waiter watches.
pub struct Spin(Atomic<u32>);

impl Wait for Spin {
    const NAME: &'static str = "spin";

    #[inline]
    fn new() -> Self {
        Self(Atomic::new(0))
    }

    #[inline]
    fn wait(&self, _: &Events) {
        // Pairs with the release in `signal`.
        while self.0.load(Acquire) == 0 {
            cpu_relax();
        }
    }

    #[inline]
    unsafe fn signal(this: *const Self, _: &Events) {
        // SAFETY: `this` is live until the store, by the contract of the function.
        // The release pairs with the acquire in `wait`.
        unsafe { (*this).0.store(1, Release) };
    }
}
