// SPDX-License-Identifier: GPL-2.0

//! The CLH lock: an implicit queue, each waiter of which watches its predecessor's node.
//!
//! Craig, "Building FIFO and priority-queuing spin locks from atomic swap", 1993; Magnusson, Landin
//! and Hagersten, "Queue Locks on Cache Coherent Multiprocessors", 1994.
//!
//! ```text
//!   holder's node ◀── waiter ◀── last ◀── tail
//! ```
//!
//! A waiter learns which node to watch from the exchange that queues it, and the holder writes into
//! its own node without knowing its reader. The price is the node's life: it is read after its
//! owner has left. The textbook passes nodes on from owner to successor, which takes memory that
//! outlives a section; here a node is on the stack of `with`, so the owner stays until the successor
//! signals that it is done with the node. A preempted successor keeps its predecessor there, which
//! matters under overcommit: `mcs` pays for its `next` pointer, `clh` for a second signal per
//! hand-over.

#![expect(
    unsafe_code,
    reason = "a predecessor's node is reached through raw pointers"
)]

use super::queue::{
    self,
    Queue, //
};
use crate::prelude::*;

/// The CLH lock with waiting policy `W`.
pub type Clh<W> = Queue<Node<W>>;

/// A thread's node, on a cache line of its own.
#[repr(align(64))]
pub struct Node<W> {
    /// The owner has left the section; the successor waits for it.
    left: W,
    /// The successor needs the node no more; the owner waits for it.
    taken: W,
}

impl<W: Wait> queue::Node for Node<W> {
    #[inline]
    fn new() -> Self {
        Self {
            left: W::new(),
            taken: W::new(),
        }
    }

    #[inline(always)]
    unsafe fn wait_behind(&self, ahead: *mut Self, me: &Waiter) {
        // SAFETY: `ahead` stays on its owner's stack until `taken` is signalled, below; until then
        // only its atomics are written.
        let ahead = unsafe { &*ahead };
        ahead.left.wait(ahead.left.vcpu(), me);
        // SAFETY: It is live when the call begins, and `signal` touches it no more after that.
        unsafe { W::signal(ptr::addr_of!(ahead.taken), me) };
    }

    #[inline(always)]
    fn hand_over(&self, me: &Waiter) {
        // SAFETY: The node is the caller's, and lives until this returns.
        unsafe { W::signal(ptr::addr_of!(self.left), me) };
        self.taken.wait(None::<Vcpu>, me);
    }
}
