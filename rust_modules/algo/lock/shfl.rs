// SPDX-License-Identifier: GPL-2.0

//! ShflLock: a test-and-set word, and a queue that one of its waiters sorts while it waits.
//!
//! Kashyap, Calciu, Cheng, Min and Kim, "Scalable and Practical Locking with Shuffling", SOSP 2019.
//!
//! ```text
//!   word    queues | held                                             tail ─────────▶ last
//!   first ──▶ m ──▶ m ──▶ shuffler ──▶ m ──▶ x ──▶ x ──▶ y ──▶ … ──▶ last
//!   └─────────── group ────────────────────┘             └─ goes with the group: moves behind its end
//! ```
//!
//! - Only the first waiter waits for the word, the others each on its own node. A thread that comes takes a
//!   free lock past the queue only if there is none: each queue has the word, which then differs from 0.
//! - The *shuffler* looks at the waiters behind itself, and moves those that go with it, by the policy `P`, to
//!   the end of its group. Sorting is off the critical path: the shuffler has to wait anyway. It stops once it
//!   has the lock, and the group's last member goes on.
//! - The first waiter that is in no group begins one. So all between it and the shuffler are members, no two
//!   threads shuffle at the same time, and a `next` that is not null is written by the shuffler alone.
//! - A group has `overtakes` moves at most. No member begins a group, so each group ahead of a waiter was begun
//!   by one of those that were ahead of it when it came: with `n` ahead it is overtaken `n × overtakes` times
//!   at most.
//!
//! Different from the paper: the word counts queues, since an empty one may be left while the next begins,
//! where the paper has a byte against stealing. A shuffler goes on where it stopped instead of from its own
//! node. The bound counts waiters that were moved, not members that stood in place. Waiters never sleep.
//!
//! What [`Running`] does not mend: a first waiter that is preempted holds up all behind it, since no thread takes
//! the lock past a queue. Simulated, eight vCPUs on two CPUs have 183 sections where `mcs/spin` has 277.

#![expect(
    unsafe_code,
    reason = "a waiter's node is reached through raw pointers"
)]

mod node;
mod policy;
mod shuffler;

pub use self::policy::{
    Running,
    SameNode, //
};
use self::{
    node::Node,
    policy::Policy,
    shuffler::Shuffler, //
};
use crate::prelude::*;

/// A word, and a queue that is sorted by `P`.
pub struct Shfl<P> {
    word: Atomic<u32>,
    tail: Atomic<*mut Node<P>>,
}

const HELD: u32 = 1;
/// One queue, in the number of them.
const QUEUE: u32 = 2;

// SAFETY: Both fields are atomics; the nodes behind `tail` are reached as `queue` explains.
unsafe impl<P> Sync for Shfl<P> {}
// SAFETY: As for `Sync`.
unsafe impl<P> Send for Shfl<P> {}

impl<P: Policy> Shfl<P> {
    /// Takes the lock if it is free and there is no queue.
    #[inline]
    fn take(&self) -> bool {
        // Pairs with the release in `release`, of the previous holder.
        self.word.cmpxchg(0, HELD, Acquire).is_ok()
    }

    /// Joins the queue, becomes first, takes the lock, and makes the next in the queue first.
    #[inline(never)]
    fn queue(&self, me: &Waiter) {
        let node = Node::new(P::of(Vcpu::current()));
        let mine = ptr::from_ref(&node).cast_mut();
        // Publishes the node; pairs with the next arrival's exchange.
        let ahead = self.tail.xchg(mine, Full);
        if ahead.is_null() {
            // Nothing to order: from here on no other thread takes the lock.
            self.word.add(QUEUE, Relaxed);
        }
        me.begin_wait();
        let mut shuffler = None;
        if !ahead.is_null() {
            // SAFETY: `ahead` stays on its owner's stack until it has seen its `next`.
            unsafe { Node::link(ahead, mine) };
            shuffler = node.wait(me).map(|moves| {
                let mut shuffler = Shuffler::new(mine, moves);
                shuffler.shuffle_until(|| node.is_first(), me);
                shuffler
            });
        }
        me.events.lock_pending.bump();
        if shuffler.is_none() && node.begins_group() {
            me.events.queue_turns.bump();
            shuffler = Some(Shuffler::new(mine, 0));
        }
        // Pairs with the release in `release`, of the previous holder.
        let is_free = || self.word.load(Acquire) & HELD == 0;
        match &mut shuffler {
            Some(shuffler) => shuffler.shuffle_until(is_free, me),
            None => me.spin_until(is_free),
        }
        // Free, and with a queue: no other thread writes it. The acquire is that of `is_free`.
        self.word.store(QUEUE | HELD, Relaxed);
        self.leave(&node, shuffler);
    }

    /// The holder, whose `node` was first: makes the one behind it first, and the group's last the shuffler.
    fn leave(&self, node: &Node<P>, shuffler: Option<Shuffler<P>>) {
        let mine = ptr::from_ref(node).cast_mut();
        if let Some(shuffler) = shuffler {
            shuffler.resign(mine);
        }
        // Leaves the queue empty, if it is. The next to arrive is first by itself: nothing to order.
        if node.next().is_null() && self.tail.cmpxchg(mine, ptr::null_mut(), Relaxed).is_ok() {
            // Nothing to order: the lock is held.
            self.word.fetch_sub(QUEUE, Relaxed);
            return;
        }
        spin_until(|| !node.next().is_null(), || ());
        // SAFETY: It waits to become first, so its node is live until it is.
        unsafe { Node::make_first(node.next()) };
    }
}

impl<P: Policy> RawLock for Shfl<P> {
    type Token = ();

    #[inline]
    fn new() -> Self {
        Self {
            word: Atomic::new(0),
            tail: Atomic::new(ptr::null_mut()),
        }
    }

    #[inline(always)]
    fn acquire(&self, me: &Waiter) {
        if !self.take() {
            self.queue(me);
        }
    }

    #[inline]
    fn try_acquire(&self, _: &Waiter) -> Option<()> {
        self.take().then_some(())
    }

    #[inline(always)]
    fn release(&self, (): (), _: &Waiter) {
        // Pairs with the acquires of `take` and of the first waiter.
        self.word.fetch_sub(HELD, Release);
    }
}
