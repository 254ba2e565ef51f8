// SPDX-License-Identifier: GPL-2.0

//! The MCS lock: a queue of waiters, each waiting on a node of its own.
//!
//! Mellor-Crummey and Scott, "Algorithms for Scalable Synchronization on Shared-Memory
//! Multiprocessors", 1991.
//!
//! ```text
//!   tail ───────────────────────────▶ last
//!   holder ──next──▶ waiter ──next──▶ last ──next──▶ null
//! ```
//!
//! A waiter joins by one exchange of `tail` and then writes itself into the node ahead; whoever
//! leaves hands over to the node behind, or frees the lock if `tail` is still its own. So each
//! waiter watches a cache line that only its predecessor writes, once, and the lock's own word is
//! touched twice per section. Under overcommit the strict order is what hurts: the next in line
//! may not be running, and nobody else may have the lock meanwhile. `W` decides what that costs.

#![expect(
    unsafe_code,
    reason = "a waiter's node is reached through raw pointers"
)]

use core::{
    marker::PhantomData,
    ptr, //
};

use super::Lock;
use crate::{
    primitive::{
        cpu_relax,
        Acquire,
        Atomic,
        Full,
        Release, //
    },
    wait::Wait,
    Waiter, //
};

/// Serves in order of arrival; `W` says how the queue waits.
pub struct Mcs<W> {
    tail: Atomic<*mut Node<W>>,
    _wait: PhantomData<W>,
}

/// A waiter's place in the queue, on its stack and on a cache line of its own.
#[repr(align(64))]
struct Node<W> {
    next: Atomic<*mut Node<W>>,
    turn: W,
}

// SAFETY: `tail` is only ever an atomic; the nodes behind it are reached as `with` explains.
unsafe impl<W> Sync for Mcs<W> {}
// SAFETY: As for `Sync`.
unsafe impl<W> Send for Mcs<W> {}

impl<W: Wait> Node<W> {
    #[inline]
    fn new() -> Self {
        Self {
            next: Atomic::new(ptr::null_mut()),
            turn: W::new(),
        }
    }
}

impl<W: Wait> Mcs<W> {
    /// Hands the lock to whoever is behind `node`, whose owner holds it, or frees it.
    #[inline]
    fn leave(&self, node: &Node<W>, me: &Waiter) {
        let mine = ptr::from_ref(node).cast_mut();
        // Frees the lock if nobody came; pairs with the exchange of the next to arrive.
        if self.tail.cmpxchg(mine, ptr::null_mut(), Release).is_ok() {
            return;
        }
        let behind = loop {
            // Pairs with the release of the one that queued behind.
            let next = node.next.load(Acquire);
            if !next.is_null() {
                break next;
            }
            cpu_relax();
        };
        // SAFETY: `behind` waits for this signal, so its node is live until it is given.
        unsafe { W::signal(ptr::addr_of!((*behind).turn), me) };
    }
}

impl<W: Wait> Lock for Mcs<W> {
    #[inline]
    fn new() -> Self {
        Self {
            tail: Atomic::new(ptr::null_mut()),
            _wait: PhantomData,
        }
    }

    #[inline]
    fn with<R>(&self, me: &Waiter, body: impl FnOnce() -> R) -> R {
        let node = Node::<W>::new();
        let mine = ptr::from_ref(&node).cast_mut();
        // Publishes the node (pairs with the next arrival's exchange), and on a free lock takes
        // it (pairs with the release of the exchange that freed it).
        let ahead = self.tail.xchg(mine, Full);
        if !ahead.is_null() {
            me.begin_wait();
            // SAFETY: `ahead` stays on its owner's stack until it has seen `next` become non-null.
            let vcpu = unsafe { (*ahead).turn.vcpu() };
            // SAFETY: As above.
            // The release pairs with the acquire in `leave`, of the owner of `ahead`.
            unsafe { (*ahead).next.store(mine, Release) };
            node.turn.wait(vcpu, me);
        }
        let r = body();
        self.leave(&node, me);
        r
    }

    #[inline]
    fn try_with<R>(&self, me: &Waiter, body: impl FnOnce() -> R) -> Option<R> {
        let node = Node::<W>::new();
        let mine = ptr::from_ref(&node).cast_mut();
        // As the exchange in `with`, but never behind another.
        if self.tail.cmpxchg(ptr::null_mut(), mine, Full).is_err() {
            return None;
        }
        let r = body();
        self.leave(&node, me);
        Some(r)
    }
}
