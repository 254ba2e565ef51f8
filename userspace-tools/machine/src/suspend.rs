// SPDX-License-Identifier: GPL-2.0

//! How the code of a vCPU suspends itself.

#![expect(
    unsafe_code,
    reason = "a word reaches its coroutine without an argument"
)]

use std::ptr::NonNull;

use corosensei::Yielder;

/// Suspends the code of one vCPU.
#[derive(Clone, Copy)]
pub(crate) struct Suspend(NonNull<Yielder<(), ()>>);

impl Suspend {
    /// Of the coroutine that calls this.
    pub(crate) fn new(yielder: &Yielder<(), ()>) -> Self {
        Self(NonNull::from(yielder))
    }

    /// Suspends the code that calls this; it must be that of the vCPU.
    #[inline]
    pub(crate) fn suspend(self) {
        // SAFETY: The yielder is on the stack of the coroutine, whose code this is part of, and so live.
        unsafe { self.0.as_ref() }.suspend(());
    }
}
