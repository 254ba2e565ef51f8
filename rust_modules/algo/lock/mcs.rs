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
    Events, //
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

impl<W: Wait> Lock for Mcs<W> {
    const NAME: &'static str = "mcs";

    #[inline]
    fn new() -> Self {
        Self {
            tail: Atomic::new(ptr::null_mut()),
            _wait: PhantomData,
        }
    }

    #[inline]
    fn with<R>(&self, events: &Events, body: impl FnOnce() -> R) -> R {
        let node = Node {
            next: Atomic::new(ptr::null_mut()),
            turn: W::new(),
        };
        let me: *mut Node<W> = ptr::from_ref(&node).cast_mut();

        // Publishes the node (pairs with the next arrival's exchange), and on a free lock takes
        // it (pairs with the release of the exchange that freed it).
        let ahead = self.tail.xchg(me, Full);
        if !ahead.is_null() {
            // SAFETY: `ahead` stays on its owner's stack until it has seen `next` become non-null.
            // The release pairs with the acquire in the loop below, of the owner of `ahead`.
            unsafe { (*ahead).next.store(me, Release) };
            node.turn.wait(events);
        }

        let r = body();

        // Frees the lock if nobody came; pairs with the exchange of the next to arrive.
        if self.tail.cmpxchg(me, ptr::null_mut(), Release).is_err() {
            let behind = loop {
                // Pairs with the release of the one that queued behind.
                let next = node.next.load(Acquire);
                if !next.is_null() {
                    break next;
                }
                cpu_relax();
            };
            // SAFETY: `behind` waits for this signal, so its node is live until it is given.
            unsafe { W::signal(ptr::addr_of!((*behind).turn), events) };
        }
        r
    }
}
