// SPDX-License-Identifier: GPL-2.0

//! Queue node of `pv_queued`, of a waiter behind the first one.
//!
//! ```text
//!   WAITING ──wait──▶ HALTED ──make_first: the release of the lock will kick──▶ FIRST
//!      └──────────────make_first: it is spinning───────────────────────────────▲
//! ```

use crate::prelude::*;

/// Iterations between two checks whether a vCPU is preempted: the answer is on a shared cache line.
pub(super) const CHECK_EVERY: u32 = 32;

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

    /// Waits to become first. The vCPU of the waiter ahead is `ahead`.
    pub(super) fn wait(&self, ahead: Vcpu, me: &Waiter) {
        // Pairs with the release in `make_first`.
        let first = || self.state.load(Acquire) == FIRST;
        let mut left = me.tuning.threshold;
        while left > 0 && !first() {
            if ahead.is_preempted() {
                me.events.pv_wait_early.bump();
                break;
            }
            let looks = left.min(CHECK_EVERY);
            if me.spin_for(looks, first).is_some() {
                return;
            }
            left = left.wrapping_sub(looks);
        }
        // Nothing to order: the waiter publishes no more than that it is about to halt.
        if self.state.cmpxchg(WAITING, HALTED, Relaxed).is_ok() {
            while self.state.load(Relaxed) == HALTED {
                me.events.halts.bump();
                me.events.pv_wait_node.bump();
                Vcpu::halt_while(&self.state, HALTED);
            }
        }
        // Pairs with the release in `make_first`.
        let _ = self.state.load(Acquire);
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
        // The release pairs with the acquires in `wait`.
        let was = unsafe { (*this).state.xchg(FIRST, Release) };
        (was == HALTED).then_some(vcpu)
    }
}
