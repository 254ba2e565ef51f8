// SPDX-License-Identifier: GPL-2.0

//! The CNA lock: an MCS queue whose holder serves its own NUMA node first, for a bounded time.
//!
//! Dice and Kogan, "Compact NUMA-aware Locks", EuroSys 2019. Like `mcs` it is one word, the tail, for any
//! number of nodes. The holder hands over to the first waiter of its node, and keeps those ahead of that
//! one aside; they go with the lock from holder to holder:
//!
//! ```text
//!   tail ────────────────────────────────▶ c₀             index: the NUMA node
//!   holder₀ ──▶ a₁ ──▶ b₁ ──▶ c₀                          a and b are passed
//!
//!   tail ──────────────▶ c₀ … last
//!   c₀ holds ──next──▶ …        c₀ ──aside──▶ a₁ ──▶ b₁ ──▶ null
//! ```
//!
//! Each waiter is in the queue or aside, once, and those aside are in order of arrival. No waiter of the
//! holder's node left, or `overtakes` hand-overs past those aside: the first of them is served, and they
//! stand ahead of the queue again. That serves the oldest of all waiters, so one with `n` ahead is overtaken
//! `(n + 1) × overtakes` times at most, and on two nodes `overtakes` times.
//!
//! Different from the paper: the holder counts its hand-overs, where the paper draws a number at random to
//! end a node's turn, so the bound is one that a test can state. What is aside stands beside the signal, on
//! the same cache line, and not in the word that the waiter spins on: so every waiting policy `W` serves.

#![expect(
    unsafe_code,
    reason = "a waiter's node is reached through raw pointers"
)]

use super::queue::{
    self,
    Queue, //
};
use crate::prelude::*;

/// The CNA lock with waiting policy `W`.
pub type Cna<W> = Queue<Node<W>>;

/// A thread's node, on a cache line of its own.
#[repr(align(64))]
pub struct Node<W> {
    next: Atomic<*mut Node<W>>,
    turn: W,
    /// The NUMA node of a waiter; written before the node is linked.
    numa: Cell<u32>,
    /// Of the holder: written before its signal.
    aside: Cell<Aside<W>>,
}

/// Waiters that are aside, from first to last; null if there are none.
struct Aside<W> {
    first: *mut Node<W>,
    last: *mut Node<W>,
    /// Hand-overs past them so far.
    overtakes: u32,
}

impl<W> Clone for Aside<W> {
    #[inline]
    fn clone(&self) -> Self {
        *self
    }
}

impl<W> Copy for Aside<W> {}

/// The NUMA node of a thread that did not wait.
const UNKNOWN: u32 = u32::MAX;

impl<W: Wait> Node<W> {
    #[inline]
    fn next(&self) -> *mut Self {
        // Pairs with the release in `wait_behind`, of the waiter behind.
        self.next.load(Acquire)
    }

    #[inline]
    fn aside(&self) -> Aside<W> {
        // SAFETY: Written by the previous holder before its signal, and by no other thread.
        self.aside.with(|aside| unsafe { *aside })
    }

    /// Returns the NUMA node of `at`.
    ///
    /// # Safety
    ///
    /// `at` is live, and was read from `next`, or is the caller's own.
    unsafe fn numa_of(at: *mut Self) -> u32 {
        // SAFETY: Live; written before the release that the load of `next` pairs with.
        unsafe { (*at).numa.with(|numa| *numa) }
    }

    /// Returns the first waiter of the NUMA node `numa` from `next` on, and the last one that it passes, null
    /// if none.
    fn find(next: *mut Self, numa: u32) -> Option<(*mut Self, *mut Self)> {
        let (mut passed, mut at) = (ptr::null_mut(), next);
        while !at.is_null() {
            // SAFETY: A waiter behind the holder, which is the caller, so it is live until it is served.
            if unsafe { Self::numa_of(at) } == numa {
                return Some((at, passed));
            }
            passed = at;
            // SAFETY: As above.
            at = unsafe { (*at).next() };
        }
        None
    }

    /// Hands the lock over to `heir`, with those aside.
    ///
    /// # Safety
    ///
    /// `heir` waits for this signal, and so do those aside.
    unsafe fn serve(heir: *mut Self, aside: Aside<W>, me: &Waiter) {
        // SAFETY: Live until the signal, and its owner reads it after that.
        unsafe { (*heir).aside.with_mut(|of| *of = aside) };
        // SAFETY: As above.
        unsafe { W::signal(ptr::addr_of!((*heir).turn), me) };
    }

    /// The holder, with `next` behind it: chooses the next holder.
    #[inline(never)]
    fn choose(&self, next: *mut Self, me: &Waiter) {
        let mut aside = self.aside();
        let found = (aside.overtakes < me.tuning.overtakes).then(|| {
            // SAFETY: Its own.
            let numa = match unsafe { Self::numa_of(ptr::from_ref(self).cast_mut()) } {
                UNKNOWN => Vcpu::current().node(),
                numa => numa,
            };
            Self::find(next, numa)
        });
        let Some((heir, passed)) = found.flatten() else {
            return self.end_turn(aside, next, me);
        };
        if !passed.is_null() {
            // The next holders read these two after their signals.
            // SAFETY: Both wait behind the caller.
            unsafe { (*passed).next.store(ptr::null_mut(), Relaxed) };
            match aside.last.is_null() {
                true => aside.first = next,
                // SAFETY: As above.
                false => unsafe { (*aside.last).next.store(next, Relaxed) },
            }
            aside.last = passed;
        }
        if !aside.last.is_null() {
            aside.overtakes = aside.overtakes.wrapping_add(1);
            me.events.queue_overtakes.bump();
        }
        // SAFETY: Both wait behind the caller.
        unsafe { Self::serve(heir, aside, me) };
    }

    /// The holder: serves the oldest waiter, the first of those aside, which stand ahead of `next` again.
    fn end_turn(&self, aside: Aside<W>, next: *mut Self, me: &Waiter) {
        let mut first = next;
        if !aside.first.is_null() {
            me.events.queue_turns.bump();
            // SAFETY: It waits; its owner, and holders before that, read this after their signals.
            unsafe { (*aside.last).next.store(next, Relaxed) };
            first = aside.first;
        }
        // SAFETY: It waits behind the caller. It has none aside since it was made.
        unsafe { W::signal(ptr::addr_of!((*first).turn), me) };
    }
}

impl<W: Wait> queue::Node for Node<W> {
    #[inline]
    fn new() -> Self {
        Self {
            next: Atomic::new(ptr::null_mut()),
            turn: W::new(),
            numa: Cell::new(UNKNOWN),
            aside: Cell::new(Aside {
                first: ptr::null_mut(),
                last: ptr::null_mut(),
                overtakes: 0,
            }),
        }
    }

    #[inline(always)]
    unsafe fn wait_behind(&self, ahead: *mut Self, me: &Waiter) {
        let numa = Vcpu::current().node();
        // SAFETY: No other thread reads it before it is linked.
        self.numa.with_mut(|mine| unsafe { *mine = numa });
        // SAFETY: `ahead` stays on its owner's stack until that has seen `next` become non-null.
        let vcpu = unsafe { (*ahead).turn.vcpu() };
        let mine = ptr::from_ref(self).cast_mut();
        // SAFETY: As above.
        // The release pairs with the acquire in `next`, of any holder that looks for its node.
        unsafe { (*ahead).next.store(mine, Release) };
        self.turn.wait(vcpu, me);
    }

    #[inline(always)]
    fn hand_over(&self, me: &Waiter) {
        spin_until(|| !self.next().is_null(), || ());
        self.choose(self.next(), me);
    }

    #[inline(always)]
    fn last_aside(&self) -> *mut Self {
        self.aside().last
    }

    #[inline(never)]
    fn hand_over_aside(&self, me: &Waiter) {
        me.events.queue_turns.bump();
        // SAFETY: It waits for this signal. The last aside is the tail, and its `next` is null.
        unsafe { W::signal(ptr::addr_of!((*self.aside().first).turn), me) };
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    extern crate std;

    use std::vec::Vec;

    use super::{
        queue::Node as _,
        *, //
    };
    use crate::Tuning;

    /// A signal that no thread waits for.
    struct Signal(Atomic<u32>);

    impl Wait for Signal {
        fn new() -> Self {
            Self(Atomic::new(0))
        }

        fn wait(&self, _: Option<Vcpu>, _: &Waiter) {}

        unsafe fn signal(this: *const Self, _: &Waiter) {
            // SAFETY: By the contract of the function.
            unsafe { (*this).0.store(1, Relaxed) };
        }
    }

    /// The order in which the waiters of a queue are served, one for each letter, which is its NUMA node. The
    /// first is the holder.
    fn served(letters: &str, overtakes: u32) -> Vec<usize> {
        let me = Waiter::new(Tuning {
            overtakes,
            ..Tuning::DEFAULT
        });
        let nodes: Vec<_> = letters.chars().map(|_| Node::<Signal>::new()).collect();
        for (node, letter) in nodes.iter().zip(letters.chars()) {
            // SAFETY: No other thread knows it.
            node.numa.with_mut(|numa| unsafe { *numa = letter.into() });
        }
        for two in nodes.windows(2) {
            two[0]
                .next
                .store(ptr::from_ref(&two[1]).cast_mut(), Relaxed);
        }
        let mut tail = ptr::from_ref(nodes.last().unwrap()).cast_mut();
        let mut order = Vec::from([0]);
        loop {
            // What `Queue::leave` does.
            let holder = &nodes[order[order.len() - 1]];
            if !ptr::eq(tail, holder) {
                assert!(!holder.next().is_null(), "one behind it is lost: {order:?}");
                holder.hand_over(&me);
            } else if !holder.last_aside().is_null() {
                tail = holder.last_aside();
                holder.hand_over_aside(&me);
            } else {
                return order;
            }
            let is_next = |at: &usize| nodes[*at].turn.0.load(Relaxed) == 1 && !order.contains(at);
            let next: Vec<_> = (0..nodes.len()).filter(is_next).collect();
            assert_eq!(next.len(), 1, "{order:?} then {next:?}");
            order.extend(next);
        }
    }

    #[test]
    fn waiters_of_the_node_are_first_and_those_aside_keep_their_order() {
        assert_eq!(served("abba", 9), [0, 3, 1, 2]);
        assert_eq!(served("abbaba", 9), [0, 3, 5, 1, 2, 4]);
        assert_eq!(served("abcbacaab", 9), [0, 4, 6, 7, 1, 3, 8, 2, 5]);
        assert_eq!(served("aaa", 9), [0, 1, 2]);
    }

    #[test]
    fn those_aside_are_overtaken_as_often_as_allowed() {
        assert_eq!(served("abbaba", 0), [0, 1, 2, 3, 4, 5]);
        assert_eq!(served("abbaba", 1), [0, 3, 1, 2, 4, 5]);
        assert_eq!(served("abaaab", 2), [0, 2, 3, 1, 5, 4]);
    }
}
