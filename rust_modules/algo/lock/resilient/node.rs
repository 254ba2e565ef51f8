// SPDX-License-Identifier: GPL-2.0

//! Queue node of `resilient`.
//!
//! ```text
//!   WAITING ──the waiter ahead took the lock, or gave up for itself──▶ FIRST
//!      └──────the waiter ahead timed out───────────────────────────▶ DENIED: so does this one
//! ```

use crate::prelude::*;

/// A waiter's node, on its stack and on a cache line of its own.
#[repr(align(64))]
pub(super) struct Node {
    next: Atomic<*mut Node>,
    state: Atomic<u32>,
}

const WAITING: u32 = 0;
/// Only the holder is ahead.
pub(super) const FIRST: u32 = 1;
/// The queue is given up.
pub(super) const DENIED: u32 = 2;

impl Node {
    #[inline]
    pub(super) fn new() -> Self {
        Self {
            next: Atomic::new(ptr::null_mut()),
            state: Atomic::new(WAITING),
        }
    }

    /// Returns the waiter behind, if it has arrived.
    #[inline]
    pub(super) fn next(&self) -> Option<*mut Node> {
        // Pairs with the release in `link`.
        let next = self.next.load(Acquire);
        (!next.is_null()).then_some(next)
    }

    /// Links `behind` behind `ahead`.
    ///
    /// # Safety
    ///
    /// `ahead` is live until its `next` is set.
    pub(super) unsafe fn link(ahead: *mut Node, behind: *mut Node) {
        // SAFETY: Live, by the contract of the function; its owner may be gone as soon as this is stored.
        // The release pairs with the acquire in `next`.
        unsafe { (*ahead).next.store(behind, Release) };
    }

    /// Waits until the waiter ahead has left; returns whether this one is first.
    pub(super) fn wait(&self, me: &Waiter) -> bool {
        // Nothing to order: a waiter that is first takes the lock by the word.
        me.spin_until(|| self.state.load(Relaxed) != WAITING);
        self.state.load(Relaxed) == FIRST
    }

    /// Ends the wait of the owner of `this` in the `state`, [`FIRST`] or [`DENIED`].
    ///
    /// # Safety
    ///
    /// `this` is live when the call begins. It may be gone when the call ends.
    pub(super) unsafe fn signal(this: *mut Node, state: u32) {
        // SAFETY: Live until it is signalled, by the contract of the function.
        // Pairs with nothing, as in `wait`.
        unsafe { (*this).state.store(state, Relaxed) };
    }
}
