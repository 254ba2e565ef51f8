// SPDX-License-Identifier: GPL-2.0

//! Waiting policies: how a waiter waits, and how a release ends the wait.
//!
//! A lock decides *whom* to wait for; a [`Wait`] decides *how*. Keeping the two apart makes the
//! experiment a product: every lock can be run under every way of waiting.

mod halt;
mod spin;
mod yielding;

pub use self::{
    halt::{
        Busted,
        Halt,
        SpinThenHalt, //
    },
    spin::Spin,
    yielding::Yield, //
};

pub(crate) use self::yielding::YIELD_EVERY;

use crate::prelude::*;

/// One signal, and the one thread that waits for it.
pub trait Wait {
    /// Prepares a signal that was not given yet.
    fn new() -> Self;

    /// Returns the vCPU that called [`new`](Wait::new), if the policy wants to know.
    #[inline]
    fn vcpu(&self) -> Option<Vcpu> {
        None
    }

    /// Returns once [`signal`](Wait::signal) has been called. What the signaller did before
    /// happens before the return. The vCPU waited for is `ahead`, if that is known.
    fn wait(&self, ahead: Option<Vcpu>, me: &Waiter);

    /// Ends the wait.
    ///
    /// # Safety
    ///
    /// `this` must be live when the call begins. The waiter may free it as soon as it returns
    /// from `wait`, so nothing may be touched through `this` after the releasing store.
    #[expect(
        unsafe_code,
        reason = "the waiter's node may be gone before the call returns"
    )]
    unsafe fn signal(this: *const Self, me: &Waiter);
}
