// SPDX-License-Identifier: GPL-2.0

//! The MCS lock: a queue of waiters, each of which waits on a node of its own.
//!
//! Mellor-Crummey and Scott, "Algorithms for Scalable Synchronization on Shared-Memory
//! Multiprocessors", 1991.
//!
//! ```text
//!   tail ───────────────────────────▶ last
//!   holder ──next──▶ waiter ──next──▶ last ──next──▶ null
//! ```
//!
//! A waiter joins by one exchange of `tail` and then writes its address into the node ahead; the
//! holder hands over to the node behind its own. So each waiter watches a cache line that only its
//! predecessor writes, once, and the lock's own word is touched twice per section. Under overcommit
//! the strict order costs most: while the next waiter is preempted, the lock is idle. `W` is the
//! waiting policy.

#![expect(
    unsafe_code,
    reason = "a waiter's node is reached through raw pointers"
)]

use super::queue::{
    self,
    Queue, //
};
use crate::prelude::*;

/// The MCS lock with waiting policy `W`.
pub type Mcs<W> = Queue<Node<W>>;

/// A thread's node, on a cache line of its own.
#[repr(align(64))]
pub struct Node<W> {
    next: Atomic<*mut Node<W>>,
    turn: W,
}

impl<W: Wait> queue::Node for Node<W> {
    #[inline]
    fn new() -> Self {
        Self {
            next: Atomic::new(ptr::null_mut()),
            turn: W::new(),
        }
    }

    #[inline(always)]
    unsafe fn wait_behind(&self, ahead: *mut Self, me: &Waiter) {
        // SAFETY: `ahead` stays on its owner's stack until that has seen `next` become non-null.
        let vcpu = unsafe { (*ahead).turn.vcpu() };
        let mine = ptr::from_ref(self).cast_mut();
        // SAFETY: As above.
        // The release pairs with the acquire in `hand_over`, of the owner of `ahead`.
        unsafe { (*ahead).next.store(mine, Release) };
        self.turn.wait(vcpu, me);
    }

    #[inline(always)]
    fn hand_over(&self, me: &Waiter) {
        // Pairs with the release of the waiter that queued behind.
        let next = || self.next.load(Acquire);
        spin_until(|| !next().is_null(), || ());
        let behind = next();
        // SAFETY: `behind` waits for this signal, so its node is live until it is given.
        unsafe { W::signal(ptr::addr_of!((*behind).turn), me) };
    }
}
