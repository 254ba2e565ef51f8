// SPDX-License-Identifier: GPL-2.0

//! Xen's byte lock: waiters spin on a byte, and after a threshold halt on a list.
//!
//! Jeremy Fitzhardinge, "xen: implement Xen-specific spinlocks", 2008.
//!
//! ```text
//!   spin ──threshold──▶ join the list ──the byte is set──▶ halt ──kick──▶ spin
//!                              └───────the byte is clear: take it, let it go──▲
//! ```
//!
//! The byte is the lock; the list holds the waiters that stopped spinning. Only a holder takes waiters
//! off the list, the longest there first, so the list needs no lock of its own. A release wakes one
//! waiter, which contends like any other thread, and may have to halt again at the end of the list. That
//! is unfair without bound, but a free lock never waits for a preempted vCPU. A waiter that finds the
//! byte clear after joining the list takes the byte and releases it, which wakes the first on the list,
//! perhaps itself: so no wake-up is lost between the two words. The price is a locked instruction where
//! a release would need none.

#![expect(
    unsafe_code,
    reason = "a waiter's node is reached through raw pointers"
)]

use crate::{
    prelude::*,
    wait::Halt, //
};

/// A byte, and a list of waiters with halted vCPUs.
pub struct PvByte {
    taken: Atomic<bool>,
    /// Waiters that joined last, the last first.
    joined: Atomic<*mut Node>,
    /// Those before them, the first first. Only the holder uses it.
    first: Cell<*mut Node>,
}

/// A waiter's node of the list, on its stack.
struct Node {
    next: Cell<*mut Node>,
    woken: Halt,
}

// SAFETY: `first`, and `next` of a node on the list, are the holder's; the rest are atomics.
unsafe impl Sync for PvByte {}
// SAFETY: As for `Sync`.
unsafe impl Send for PvByte {}

impl PvByte {
    #[inline]
    fn take(&self) -> bool {
        // Pairs with the exchange in `release`, of the previous holder.
        !self.taken.load(Relaxed) && self.taken.cmpxchg(false, true, Acquire).is_ok()
    }

    /// Takes the longest waiter off the list. The caller holds the lock.
    #[inline]
    fn first(&self) -> *mut Node {
        // SAFETY: `first` is the holder's.
        let mut first = self.first.with(|f| unsafe { *f });
        if first.is_null() {
            if self.joined.load(Relaxed).is_null() {
                return first;
            }
            first = self.reversed();
        }
        // SAFETY: A node that is on the list is live, and `next` is the holder's.
        let next = unsafe { (*first).next.with(|n| *n) };
        // SAFETY: As above.
        self.first.with_mut(|f| unsafe { *f = next });
        first
    }

    /// Takes over all joined waiters, the first first. The caller holds the lock.
    fn reversed(&self) -> *mut Node {
        // Pairs with the exchanges in `join`, for the nodes as they were made.
        let mut from = self.joined.xchg(ptr::null_mut(), Acquire);
        let mut to: *mut Node = ptr::null_mut();
        while !from.is_null() {
            // SAFETY: A node that is on the list is live, and `next` is the holder's.
            let next = unsafe { (*from).next.with_mut(|n| core::mem::replace(&mut *n, to)) };
            (to, from) = (from, next);
        }
        to
    }

    /// Spins for the threshold, one iteration at least; returns whether it took the lock.
    #[inline]
    fn spin(&self, me: &Waiter) -> bool {
        let mut looks = me.tuning.threshold.max(1);
        me.relax_and_sample();
        while let Some(left) = me.spin_for(looks, || !self.taken.load(Relaxed)) {
            if self.take() {
                return true;
            }
            looks = left;
            me.relax_and_sample();
        }
        false
    }

    /// Waits for the lock. Of its own, so that `acquire` keeps its registers.
    #[inline(never)]
    fn wait(&self, me: &Waiter) {
        me.begin_wait();
        while !self.spin(me) {
            self.block(me);
        }
    }

    /// Halts on the list until woken.
    fn block(&self, me: &Waiter) {
        let node = Node {
            next: Cell::new(ptr::null_mut()),
            woken: Halt::new(),
        };
        self.join(&node);
        if self.try_acquire(me).is_some() {
            // The last holder may have read the list before this waiter joined it.
            self.release((), me);
        }
        me.events.pv_wait_head.bump();
        node.woken.wait(None, me);
    }

    fn join(&self, node: &Node) {
        loop {
            let last = self.joined.load(Relaxed);
            // SAFETY: Not on the list yet, so still ours.
            node.next.with_mut(|next| unsafe { *next = last });
            // Pairs with the exchange in `reversed`, and as said in `release`.
            let mine = ptr::from_ref(node).cast_mut();
            if self.joined.cmpxchg(last, mine, Full).is_ok() {
                return;
            }
        }
    }
}

impl RawLock for PvByte {
    type Token = ();

    #[inline]
    fn new() -> Self {
        Self {
            taken: Atomic::new(false),
            joined: Atomic::new(ptr::null_mut()),
            first: Cell::new(ptr::null_mut()),
        }
    }

    #[inline(always)]
    fn acquire(&self, me: &Waiter) {
        if !self.take() {
            self.wait(me);
        }
    }

    #[inline]
    fn try_acquire(&self, _: &Waiter) -> Option<()> {
        self.take().then_some(())
    }

    #[inline(always)]
    fn release(&self, (): (), me: &Waiter) {
        loop {
            let first = self.first();
            // Pairs with the acquire in `take`, of the next holder; and with the exchange in
            // `join`: either we see the node it put there, or it sees the byte clear.
            self.taken.xchg(false, Full);
            if !first.is_null() {
                me.events.pv_kick_unlock.bump();
                // SAFETY: It is off the list and waits for this, so it is live until it is woken.
                unsafe { Halt::signal(ptr::addr_of!((*first).woken), me) };
                return;
            }
            if self.joined.load(Relaxed).is_null() || !self.take() {
                // The list is empty, or the next holder's release wakes the first.
                return;
            }
        }
    }
}
