// SPDX-License-Identifier: GPL-2.0

//! The CLH lock: a queue that no node points along, each waiter watching its predecessor's node.
//!
//! Craig, "Building FIFO and priority-queuing spin locks from atomic swap", 1993; Magnusson, Landin
//! and Hagersten, "Queue Locks on Cache Coherent Multiprocessors", 1994.
//!
//! ```text
//!   holder's node ◀── waiter ◀── last ◀── tail
//! ```
//!
//! A waiter learns whom to watch from the one exchange that queues it, and whoever leaves writes
//! into its own node without knowing who reads it. The price is the node's life: it is read after
//! its owner has left. The textbook passes nodes on from owner to successor, which takes memory
//! that outlives a section; here a node is on the stack of `with`, so the owner stays until the
//! successor has said that it is done with it. A successor that is not running keeps its
//! predecessor there, which is what to look for under overcommit: `mcs` pays for its `next`
//! pointer, `clh` for a second signal per hand-over.

#![expect(
    unsafe_code,
    reason = "a predecessor's node is reached through raw pointers"
)]

use core::{
    marker::PhantomData,
    ptr, //
};

use super::Lock;
use crate::{
    primitive::{
        Atomic,
        Full,
        Release,
        Vcpu, //
    },
    wait::Wait,
    Waiter, //
};

/// Serves in order of arrival; `W` says how the queue waits.
pub struct Clh<W> {
    tail: Atomic<*mut Node<W>>,
    _wait: PhantomData<W>,
}

/// A holder's or waiter's node, on its stack and on a cache line of its own.
#[repr(align(64))]
struct Node<W> {
    /// The owner has left the section; the successor waits for it.
    left: W,
    /// The successor needs the node no more; the owner waits for it.
    taken: W,
}

// SAFETY: `tail` is only ever an atomic; the nodes behind it are reached as `with` explains.
unsafe impl<W> Sync for Clh<W> {}
// SAFETY: As for `Sync`.
unsafe impl<W> Send for Clh<W> {}

impl<W: Wait> Node<W> {
    #[inline]
    fn new() -> Self {
        Self {
            left: W::new(),
            taken: W::new(),
        }
    }
}

impl<W: Wait> Clh<W> {
    /// Frees the lock, or leaves it to whoever watches `node`, and stays until it has done so.
    #[inline]
    fn leave(&self, node: &Node<W>, me: &Waiter) {
        let mine = ptr::from_ref(node).cast_mut();
        // Frees the lock if nobody came; pairs with the exchange of the next to arrive.
        if self.tail.cmpxchg(mine, ptr::null_mut(), Release).is_ok() {
            return;
        }
        // SAFETY: The node is ours, and lives until we return.
        unsafe { W::signal(ptr::addr_of!(node.left), me) };
        node.taken.wait(None::<Vcpu>, me);
    }
}

impl<W: Wait> Lock for Clh<W> {
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
            // SAFETY: `ahead` stays on its owner's stack until `taken` is signalled, below; so
            // long, only its atomics are written.
            let ahead = unsafe { &*ahead };
            ahead.left.wait(ahead.left.vcpu(), me);
            // SAFETY: It is live when the call begins, and `signal` touches it no more after that.
            unsafe { W::signal(ptr::addr_of!(ahead.taken), me) };
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
