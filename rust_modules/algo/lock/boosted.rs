// SPDX-License-Identifier: GPL-2.0

//! The MCS lock whose waiters yield their CPUs to the holder.
//!
//! Wanpeng Li, "KVM: X86: Implement PV sched yield hypercall", 2019, has the means, `KVM_HC_SCHED_YIELD`.
//! The end, that a waiter gives its time to the vCPU in the critical section, is that of the "semantics-aware"
//! directed yields and vCPU boosts proposed to KVM in 2025; it is priority inheritance, with time for priority.
//!
//! ```text
//!   tail ───────────────────────────▶ last          holder: the vCPU whose turn it is
//!   holder ──next──▶ waiter ──next──▶ last              ▲ ▲
//!                      └──────yield─────└────yield──────┴─┘
//! ```
//!
//! The queue is that of `mcs`, and waiters yield as often as those of `mcs/yield`. There a waiter yields to
//! the vCPU ahead, and one that is ahead of others only waits itself: of `n` waiters one helps. Here each
//! yields to the vCPU that can end the wait of all. So the two differ in the target of the yield alone.
//!
//! The thread that hands over names the next holder before it signals it: a waiter that is preempted when its
//! turn comes could not name itself. That is what a hypervisor that boosts *holders* does not know. The name is
//! a hint: a thread that takes a free lock writes it a moment later, and waiters then yield to the one before.

#![expect(
    unsafe_code,
    reason = "a waiter's node is reached through raw pointers"
)]

use crate::{
    prelude::*,
    wait::{
        Spin,
        YIELD_EVERY, //
    }, //
};

/// A queue, and the vCPU whose turn it is.
pub struct Boosted {
    tail: Atomic<*mut Node>,
    holder: Atomic<u32>,
}

/// A thread's node, on its stack and on a cache line of its own.
#[repr(align(64))]
struct Node {
    next: Atomic<*mut Node>,
    turn: Spin,
    /// Constant; a cell, so that loom sees a read that comes before the node was made.
    vcpu: Cell<Vcpu>,
}

// SAFETY: All fields are atomics; a node behind `tail` lives until its owner has left the queue.
unsafe impl Sync for Boosted {}
// SAFETY: As for `Sync`.
unsafe impl Send for Boosted {}

impl Node {
    #[inline]
    fn new() -> Self {
        Self {
            next: Atomic::new(ptr::null_mut()),
            turn: Spin::new(),
            vcpu: Cell::new(Vcpu::current()),
        }
    }
}

impl Boosted {
    /// Names the vCPU whose turn it is. Nothing to order: it is a hint.
    #[inline]
    fn name(&self, vcpu: Vcpu) {
        self.holder.store(vcpu.number(), Relaxed);
    }

    /// Waits behind `ahead` for the turn of `node`.
    ///
    /// # Safety
    ///
    /// The exchange of the tail returned `ahead`, so its owner stays in `hand_over` until its `next` is set.
    #[inline(never)]
    unsafe fn wait_behind(&self, ahead: *mut Node, node: &Node, me: &Waiter) {
        me.begin_wait();
        let mine = ptr::from_ref(node).cast_mut();
        // SAFETY: Live, by the contract of the function.
        // The release pairs with the acquire in `hand_over`, of the owner of `ahead`.
        unsafe { (*ahead).next.store(mine, Release) };
        let signalled = || node.turn.is_signalled();
        while me.spin_for(YIELD_EVERY, signalled).is_none() {
            if let Some(holder) = Vcpu::numbered(self.holder.load(Relaxed)) {
                me.events.yields.bump();
                holder.yield_to();
            }
        }
    }

    #[inline]
    fn leave(&self, node: &Node, me: &Waiter) {
        let mine = ptr::from_ref(node).cast_mut();
        // Frees the lock if no thread joined; pairs with the exchange of the next to arrive.
        if self.tail.cmpxchg(mine, ptr::null_mut(), Release).is_err() {
            self.hand_over(node, me);
        }
    }

    /// Hands the lock over to the next thread, which has exchanged the tail.
    #[inline(never)]
    fn hand_over(&self, node: &Node, me: &Waiter) {
        // Pairs with the release of the waiter that queued behind.
        let next = || node.next.load(Acquire);
        spin_until(|| !next().is_null(), || ());
        let behind = next();
        // SAFETY: `behind` waits for the signal below, so its node is live until it is given; the field is
        // never written.
        self.name(unsafe { (*behind).vcpu.with(|vcpu| *vcpu) });
        // SAFETY: As above.
        unsafe { Spin::signal(ptr::addr_of!((*behind).turn), me) };
    }
}

impl Lock for Boosted {
    #[inline]
    fn new() -> Self {
        Self {
            tail: Atomic::new(ptr::null_mut()),
            holder: Atomic::new(0),
        }
    }

    #[inline]
    fn with<R>(&self, me: &Waiter, body: impl FnOnce() -> R) -> R {
        let node = Node::new();
        let mine = ptr::from_ref(&node).cast_mut();
        // Publishes the node (pairs with the next arrival's exchange), and on a free lock takes
        // it (pairs with the release of the exchange that freed it).
        let ahead = self.tail.xchg(mine, Full);
        if ahead.is_null() {
            self.name(Vcpu::current());
        } else {
            // SAFETY: It came from the exchange.
            unsafe { self.wait_behind(ahead, &node, me) };
        }
        let r = body();
        self.leave(&node, me);
        r
    }

    #[inline]
    fn try_with<R>(&self, me: &Waiter, body: impl FnOnce() -> R) -> Option<R> {
        let node = Node::new();
        let mine = ptr::from_ref(&node).cast_mut();
        // As the exchange in `with`, but never behind another thread.
        if self.tail.cmpxchg(ptr::null_mut(), mine, Full).is_err() {
            return None;
        }
        self.name(Vcpu::current());
        let r = body();
        self.leave(&node, me);
        Some(r)
    }
}
