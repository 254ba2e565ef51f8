// SPDX-License-Identifier: GPL-2.0

//! The reciprocating lock: waiters arrive on a stack, and a whole stack at a time is served from its top.
//!
//! Dice and Kogan, "Reciprocating Locks", PPoPP 2025 (arXiv 2501.02380).
//!
//! ```text
//!   arrivals ─▶ last ─below─▶ … ─below─▶ first ─below─▶ DETACHED     arrived since the last detach
//!
//!   holder ─below─▶ waiter ─below─▶ … ─below─▶ last of the segment ─below─▶ end
//!                                              served from left to right; `end` goes along
//! ```
//!
//! One word, `arrivals`: null while the lock is free, else the top of the stack of those that came since
//! the stack was last detached. A thread arrives by one exchange, which returns the thread below. The
//! holder releases to the thread below its own, and if it is the last of its segment it detaches the
//! stack and releases to its top: constant time, without the wait of `mcs` for a pointer that its
//! successor has yet to write.
//!
//! No thread writes down where a segment ends. The bottom of a stack is what the first exchange after
//! the last detach found: `DETACHED`, or, where a thread took the lock while
//! it was free, that thread's node. The holder that detaches a stack knows which of the two, and hands
//! that on as `end`; the thread that finds its own `below` there is the last. `end` is compared and never
//! followed, since its owner may be gone. No node of the segment has the same address: all of them were
//! on the stack, and live, while that owner held the lock.
//!
//! *Bypass.* A thread that arrives after a waiter and is served before it is above it in the same
//! segment, and it is in a segment once: when it comes again, the segment has been detached. So each
//! other thread overtakes a waiter at most once, and enters at most twice while the waiter waits, once
//! for an arrival before it. No thread starves.
//!
//! What differs from the paper: its gate, on which a waiter spins, is the word in which `end` comes. Here
//! `end` lies beside a signal of the waiting policy `W`, on the same cache line, so that a waiter may
//! halt. A waiter knows the thread behind it, not the one ahead, so `W` is given none to yield to. The
//! paper's node may also be a thread's own; ours is on the stack of `with`, which the lock needs no
//! longer than that.

#![expect(
    unsafe_code,
    reason = "a waiter's node is reached through raw pointers"
)]

use crate::prelude::*;

/// Serves segments in order of arrival, and each of them in reverse.
pub struct Reciprocating<W> {
    arrivals: Atomic<*mut Node<W>>,
}

/// A thread's node, on a cache line of its own.
#[repr(align(64))]
struct Node<W> {
    /// The end of its segment, written before the signal by the thread that releases to it.
    end: Cell<*mut Node<W>>,
    turn: W,
}

/// Position of the holder in its segment.
struct Position<W> {
    /// The next to be served; null for the last.
    below: *mut Node<W>,
    /// The end of the segment; of its last, what `arrivals` holds if no thread has come since.
    end: *mut Node<W>,
}

// SAFETY: `arrivals` is only ever an atomic. Of the nodes behind it, `end` is written by the holder that
// signals `turn`, and read by the owner after that.
unsafe impl<W> Sync for Reciprocating<W> {}
// SAFETY: As for `Sync`.
unsafe impl<W> Send for Reciprocating<W> {}

impl<W: Wait> Node<W> {
    #[inline]
    fn new() -> Self {
        Self {
            end: Cell::new(ptr::null_mut()),
            turn: W::new(),
        }
    }

    /// Waits until the lock is released to this node, which is above `below`.
    #[inline]
    fn wait(&self, below: *mut Self, me: &Waiter) -> Position<W> {
        self.turn.wait(None, me);
        // SAFETY: Written before the signal, and by no thread after it.
        let end = self.end.with(|end| unsafe { *end });
        if below == end {
            // The last. The stack has been detached since it arrived.
            return Position {
                below: ptr::null_mut(),
                end: Reciprocating::DETACHED,
            };
        }
        Position { below, end }
    }

    /// Releases the lock to `next`, in the segment that ends at `end`.
    ///
    /// # Safety
    ///
    /// `next` waits for it, and its exchange of `arrivals` happened before.
    #[inline]
    unsafe fn hand_over(next: *mut Self, end: *mut Self, me: &Waiter) {
        // SAFETY: By the contract of the function it is live until the signal, and its owner does not
        // look at `end` before that.
        unsafe { (*next).end.with_mut(|to| *to = end) };
        // SAFETY: As above.
        unsafe { W::signal(ptr::addr_of!((*next).turn), me) };
    }
}

impl<W: Wait> Reciprocating<W> {
    /// Value of `arrivals` while the lock is held and no thread has come since the last detach; no
    /// node's address.
    const DETACHED: *mut Node<W> = ptr::without_provenance_mut(1);

    #[inline]
    fn leave(&self, position: Position<W>, me: &Waiter) {
        let Position { below, end } = position;
        let mut next = below;
        if next.is_null() {
            // Frees the lock if no thread has come; pairs with the exchange of the next to arrive.
            let free = ptr::null_mut();
            if self.arrivals.cmpxchg(end, free, Release).is_ok() {
                return;
            }
            // Detaches the stack. Pairs with the exchange that made its top, for that node as it was
            // made. It hands nothing over: the signal does.
            next = self.arrivals.xchg(Self::DETACHED, Acquire);
        }
        // SAFETY: `next` is the top of the stack, or below the caller in its segment and not its end. So
        // its owner waits, and for this release: each node is below one other, or the top. The caller's
        // exchange, or the one above, has read what that of `next`, or of a node above it, wrote.
        unsafe { Node::hand_over(next, end, me) };
    }
}

impl<W: Wait> Lock for Reciprocating<W> {
    #[inline]
    fn new() -> Self {
        Self {
            arrivals: Atomic::new(ptr::null_mut()),
        }
    }

    #[inline]
    fn with<R>(&self, me: &Waiter, body: impl FnOnce() -> R) -> R {
        let node = Node::new();
        let mine = ptr::from_ref(&node).cast_mut();
        // Publishes the node, to the thread that detaches it (its exchange in `leave`) and to the thread
        // above, which releases to it (this exchange of that thread). On a free lock takes it, and pairs
        // with the release that freed it.
        let below = self.arrivals.xchg(mine, Full);
        let mut position = Position {
            below: ptr::null_mut(),
            end: mine,
        };
        if !below.is_null() {
            me.begin_wait();
            position = node.wait(below, me);
        }
        let r = body();
        self.leave(position, me);
        r
    }

    #[inline]
    fn try_with<R>(&self, me: &Waiter, body: impl FnOnce() -> R) -> Option<R> {
        let node = Node::new();
        let mine = ptr::from_ref(&node).cast_mut();
        // Pairs with the release that freed the lock. The node is the end of a segment at most, which no
        // thread follows, so there is nothing to publish.
        let free = ptr::null_mut();
        if self.arrivals.cmpxchg(free, mine, Acquire).is_err() {
            return None;
        }
        let r = body();
        let position = Position {
            below: ptr::null_mut(),
            end: mine,
        };
        self.leave(position, me);
        Some(r)
    }
}
