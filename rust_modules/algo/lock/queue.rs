// SPDX-License-Identifier: GPL-2.0

//! The queue of `mcs`, `clh` and `cna`: a tail, and a node of each thread on the stack of `with`.
//!
//! A thread joins by one exchange of the tail, which names its predecessor, and frees the lock if the
//! tail still names itself. How a waiter and its predecessor reach each other is the [`Node`]'s.

#![expect(
    unsafe_code,
    reason = "a waiter's node is reached through raw pointers"
)]

use crate::prelude::*;

/// Serves in order of arrival, unless its nodes keep waiters aside.
pub struct Queue<N> {
    tail: Atomic<*mut N>,
}

/// The node of a holder or waiter.
pub trait Node: Sized {
    /// Creates a node that no thread waits behind.
    fn new() -> Self;

    /// Waits until the owner of `ahead` hands over.
    ///
    /// # Safety
    ///
    /// The exchange of the tail returned `ahead`, so its owner stays in [`hand_over`](Self::hand_over)
    /// until this function lets it go.
    unsafe fn wait_behind(&self, ahead: *mut Self, me: &Waiter);

    /// Hands the lock over to the next thread, which has exchanged the tail.
    fn hand_over(&self, me: &Waiter);

    /// Returns the last of the waiters that the holder keeps out of the queue; null if it keeps none.
    #[inline(always)]
    fn last_aside(&self) -> *mut Self {
        ptr::null_mut()
    }

    /// Hands the lock over to the first of them, which are the queue now.
    #[inline(always)]
    fn hand_over_aside(&self, _: &Waiter) {}
}

// SAFETY: `tail` is only ever an atomic; the nodes behind it are reached as `Node` explains.
unsafe impl<N> Sync for Queue<N> {}
// SAFETY: As for `Sync`.
unsafe impl<N> Send for Queue<N> {}

impl<N: Node> Queue<N> {
    #[inline]
    fn leave(&self, node: &N, me: &Waiter) {
        let mine = ptr::from_ref(node).cast_mut();
        let aside = node.last_aside();
        // Frees the lock if no thread joined; pairs with the exchange of the next to arrive.
        if self.tail.cmpxchg(mine, aside, Release).is_err() {
            node.hand_over(me);
        } else if !aside.is_null() {
            node.hand_over_aside(me);
        }
    }
}

impl<N: Node> Lock for Queue<N> {
    #[inline]
    fn new() -> Self {
        Self {
            tail: Atomic::new(ptr::null_mut()),
        }
    }

    #[inline]
    fn with<R>(&self, me: &Waiter, body: impl FnOnce() -> R) -> R {
        let node = N::new();
        let mine = ptr::from_ref(&node).cast_mut();
        // Publishes the node (pairs with the next arrival's exchange), and on a free lock takes
        // it (pairs with the release of the exchange that freed it).
        let ahead = self.tail.xchg(mine, Full);
        if !ahead.is_null() {
            me.begin_wait();
            // SAFETY: It came from the exchange.
            unsafe { node.wait_behind(ahead, me) };
        }
        let r = body();
        self.leave(&node, me);
        r
    }

    #[inline]
    fn try_with<R>(&self, me: &Waiter, body: impl FnOnce() -> R) -> Option<R> {
        let node = N::new();
        let mine = ptr::from_ref(&node).cast_mut();
        // As the exchange in `with`, but never behind another thread.
        if self.tail.cmpxchg(ptr::null_mut(), mine, Full).is_err() {
            return None;
        }
        let r = body();
        self.leave(&node, me);
        Some(r)
    }
}
