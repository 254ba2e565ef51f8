// SPDX-License-Identifier: GPL-2.0

//! Queue node of `pv_queued` and `flexguard`, of a waiter behind the first one.
//!
//! ```text
//!   WAITING ──halt──▶ HALTED ──make_first: the release of the lock will kick──▶ FIRST
//!      └──────────────make_first: it is spinning───────────────────────────────▲
//! ```

#![expect(
    unsafe_code,
    reason = "a waiter's node is reached through raw pointers"
)]

use crate::prelude::*;

/// A waiter's node, on its stack and on a cache line of its own.
#[repr(align(64))]
pub(super) struct Node {
    next: Atomic<*mut Node>,
    state: Atomic<u32>,
    /// Constant; a cell, so that loom sees a read that comes before the node was made.
    vcpu: Cell<Vcpu>,
}

const WAITING: u32 = 0;
const HALTED: u32 = 1;
const FIRST: u32 = 2;

impl Node {
    #[inline]
    pub(super) fn new() -> Self {
        Self {
            next: Atomic::new(ptr::null_mut()),
            state: Atomic::new(WAITING),
            vcpu: Cell::new(Vcpu::current()),
        }
    }

    /// Returns the waiter behind, if it has arrived.
    #[inline]
    pub(super) fn next(&self) -> Option<*mut Node> {
        // Pairs with the release in `link`.
        let next = self.next.load(Acquire);
        (!next.is_null()).then_some(next)
    }

    /// Links `behind` behind `ahead`, and returns the vCPU of `ahead`.
    ///
    /// # Safety
    ///
    /// `ahead` is live until its `next` is set.
    pub(super) unsafe fn link(ahead: *mut Node, behind: *mut Node) -> Vcpu {
        // SAFETY: Live, by the contract of the function; never written since it was made.
        let vcpu = unsafe { (*ahead).vcpu.with(|vcpu| *vcpu) };
        // SAFETY: As above; its owner may be gone as soon as this is stored.
        // The release pairs with the acquire in `next`.
        unsafe { (*ahead).next.store(behind, Release) };
        vcpu
    }

    /// Whether the waiter has become first.
    #[inline]
    pub(super) fn is_first(&self) -> bool {
        // Pairs with the release in `make_first`.
        self.state.load(Acquire) == FIRST
    }

    /// Halts until the waiter is first, or is kicked as such.
    pub(super) fn halt(&self, me: &Waiter) {
        // An exchange, since the waiter may have become first: then no kick will come. Nothing to order:
        // it publishes no more than that it is about to halt.
        let _ = self.state.cmpxchg(WAITING, HALTED, Relaxed);
        while !self.is_first() {
            me.events.halts.bump();
            me.events.pv_wait_node.bump();
            Vcpu::halt_while(&self.state, HALTED);
        }
    }

    /// Signals the waiter that it is first; returns its vCPU if that is halted, and still is.
    ///
    /// # Safety
    ///
    /// `this` is live when the call begins. It may be gone when the call ends.
    pub(super) unsafe fn make_first(this: *mut Node) -> Option<Vcpu> {
        // SAFETY: Live until it is signalled, by the contract of the function; never written.
        let vcpu = unsafe { (*this).vcpu.with(|vcpu| *vcpu) };
        // SAFETY: As above.
        // The release pairs with the acquire in `is_first`.
        let was = unsafe { (*this).state.xchg(FIRST, Release) };
        (was == HALTED).then_some(vcpu)
    }
}
