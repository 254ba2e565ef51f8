// SPDX-License-Identifier: GPL-2.0

//! A queue lock whose waiters spin while sections run, and halt once one was seen preempted.
//!
//! Laforet, Kashyap, Iorgulescu, Lawall and Lozi, "FlexGuard: Fast Mutual Exclusion Independent of
//! Subscription", SOSP 2025.
//!
//! ```text
//!   word   halted | block | holder                 tail ─▶ last ◀─ … ◀─ first
//!
//!   waiters spin ──one sees the holder preempted: `block`──▶ waiters halt
//!        ▲                                                        │
//!        └────the holder runs again: it frees the lock, and kicks the first
//! ```
//!
//! The invariant: a waiter that halts left a mark for the thread that ends its wait. The first leaves
//! `halted` in the word, for the holder; each of the others in its node, for the waiter ahead, which
//! becomes first before it and leaves `halted` on its behalf. `block` is set only while no first waiter is
//! halted on the word, so that no halted vCPU sees its word change without a kick.
//!
//! Different from the paper:
//!
//! - There the scheduler reports a preempted section (eBPF at `sched_switch`), to one counter for all locks.
//!   A guest does not see its host switch vCPUs. So here waiters ask whether the vCPU that the word names is
//!   preempted, one look in [`CHECK_EVERY`], and the first that learns it sets the mode of this lock.
//! - A section that is seen to run has no bound on the spinning. Where a hypervisor says nothing, every
//!   vCPU seems to run, so a section that does not end for `threshold` looks counts as preempted: spin,
//!   then halt. A look that finds another holder, or none, renews the threshold: sections run.
//! - The mode ends when that section ends, since its vCPU runs then; waiters that are halted by then stay
//!   so until they are first. Those that arrive later spin.
//! - A waiter also halts while the one ahead in the queue is preempted, which the paper need not do: its
//!   waiters leave the queue to block.
//!
//! A running thread may take a free lock past the queue, without bound, as in the paper.

#![expect(
    unsafe_code,
    reason = "a waiter's node is reached through raw pointers"
)]

mod word;

use self::word::Word;
use super::halting_node::Node;
use crate::prelude::*;

/// A lock word, a queue, and the vCPU of the first waiter.
pub struct FlexGuard {
    word: Atomic<u32>,
    /// The vCPU of the first waiter, if the word says that it is halted.
    first: Atomic<u32>,
    tail: Atomic<*mut Node>,
}

/// Looks between two checks whether a vCPU is preempted: the answer is on a shared cache line.
const CHECK_EVERY: u32 = 32;

// SAFETY: All fields are atomics; a node behind `tail` lives until its owner has left the queue.
unsafe impl Sync for FlexGuard {}
// SAFETY: As for `Sync`.
unsafe impl Send for FlexGuard {}

impl FlexGuard {
    #[inline]
    fn load(&self) -> Word {
        // A hint what to try; the exchange that follows orders.
        Word(self.word.load(Relaxed))
    }

    /// Takes the lock if it is free.
    #[inline]
    fn take(&self, mine: Word) -> bool {
        // Pairs with the exchanges that free the lock, of the previous holder.
        self.word.cmpxchg(Word::FREE.0, mine.0, Acquire).is_ok()
    }

    /// Sets flags of the word, if it is still `from`.
    ///
    /// Pairs with the exchange in `free_slowly`, for the reader of `first`.
    fn flag(&self, from: Word, to: Word) -> bool {
        self.word.cmpxchg(from.0, to.0, Release).is_ok()
    }

    /// Waits for the lock and takes it.
    #[inline(never)]
    fn wait(&self, mine: Word, me: &Waiter) {
        let node = Node::new();
        let at = ptr::from_ref(&node).cast_mut();
        // Publishes the node; pairs with the next arrival's exchange.
        let ahead = self.tail.xchg(at, Full);
        me.begin_wait();
        if !ahead.is_null() {
            // SAFETY: `ahead` stays on its owner's stack until `next` is set, which this does last.
            let vcpu = unsafe { Node::link(ahead, at) };
            if !self.spin(|| node.is_first(), Some(vcpu), me) {
                node.halt(me);
            }
        }
        me.events.lock_pending.bump();
        while !self.take(mine) {
            if !self.spin(|| self.load().is_free(), None, me) {
                self.halt_first(me);
            }
        }
        self.make_next_first(at, &node);
    }

    /// Spins until `done`, and returns true; false once the waiter has to halt. The vCPU of the waiter
    /// ahead is `ahead`.
    fn spin(&self, done: impl Fn() -> bool, ahead: Option<Vcpu>, me: &Waiter) -> bool {
        let (mut section, mut left) = (None, 0);
        loop {
            let word = self.load();
            if section != Some(word.section()) {
                // Sections run.
                (section, left) = (Some(word.section()), me.tuning.threshold);
            }
            if self.is_stalled(word, left) || ahead.is_some_and(Vcpu::is_preempted) {
                if left > 0 {
                    me.events.pv_wait_early.bump();
                }
                return done();
            }
            let looks = left.min(CHECK_EVERY);
            if me.spin_for(looks, &done).is_some() {
                return true;
            }
            left = left.wrapping_sub(looks);
        }
    }

    /// Whether waiters have to halt; the first that finds that the section is preempted sets the mode.
    fn is_stalled(&self, word: Word, left: u32) -> bool {
        if word.blocks() {
            return true;
        }
        if left > 0 && !word.holder().is_some_and(Vcpu::is_preempted) {
            return false;
        }
        // Those that find a first waiter halted see for themselves.
        word.is_free() || word.halted() || self.flag(word, word.with_block())
    }

    /// The first waiter: halts until the lock is freed, unless it is.
    fn halt_first(&self, me: &Waiter) {
        // The exchange that sets the flag publishes this to the holder, which reads it after it has freed
        // the lock.
        self.first.store(Vcpu::current().number(), Relaxed);
        let word = self.load();
        let halted = word.with_halted();
        if word.is_free() || !self.flag(word, halted) {
            return;
        }
        me.events.halts.bump();
        me.events.pv_wait_head.bump();
        Vcpu::halt_while(&self.word, halted.0);
        if self.load() == halted {
            me.events.pv_spurious_wakeup.bump();
        }
    }

    /// The holder, whose `node` was first: makes the one behind it first.
    fn make_next_first(&self, at: *mut Node, node: &Node) {
        // Leaves the queue empty, if it is. The next to arrive is first by itself, and needs to know
        // no more than that: nothing to order.
        if node.next().is_none() && self.tail.cmpxchg(at, ptr::null_mut(), Relaxed).is_ok() {
            return;
        }
        let next = loop {
            if let Some(next) = node.next() {
                break next;
            }
            spin_until(|| node.next().is_some(), || ());
        };
        // SAFETY: `next` waits to become first, so its node is live until that is signalled.
        if let Some(vcpu) = unsafe { Node::make_first(next) } {
            // It stays halted until we free the lock.
            self.first.store(vcpu.number(), Relaxed);
            loop {
                let word = self.load();
                if self.flag(word, word.with_halted()) {
                    return;
                }
            }
        }
    }

    /// The holder: frees a lock whose word has flags, and so ends the mode.
    #[inline(never)]
    fn free_slowly(&self, me: &Waiter) {
        // Pairs with the acquire in `take`, of the next holder; and with the exchange that set the flag, so
        // that `first` is what was written before that. If it was written anew since, the vCPU that it named
        // is awake already.
        if !Word(self.word.xchg(Word::FREE.0, Full)).halted() {
            return;
        }
        if let Some(vcpu) = Vcpu::numbered(self.first.load(Relaxed)) {
            me.events.kicks.bump();
            me.events.pv_kick_unlock.bump();
            vcpu.kick();
        }
    }
}

impl RawLock for FlexGuard {
    /// The word as the holder took it.
    type Token = Word;

    #[inline]
    fn new() -> Self {
        Self {
            word: Atomic::new(Word::FREE.0),
            first: Atomic::new(0),
            tail: Atomic::new(ptr::null_mut()),
        }
    }

    #[inline(always)]
    fn acquire(&self, me: &Waiter) -> Word {
        let mine = Word::held_by(Vcpu::current());
        if !self.take(mine) {
            self.wait(mine, me);
        }
        mine
    }

    #[inline]
    fn try_acquire(&self, _: &Waiter) -> Option<Word> {
        let mine = Word::held_by(Vcpu::current());
        self.take(mine).then_some(mine)
    }

    /// Frees the lock, and wakes the first waiter if it is halted.
    #[inline(always)]
    fn release(&self, mine: Word, me: &Waiter) {
        // Pairs with the acquire in `take`, of the next holder.
        if self.word.cmpxchg(mine.0, Word::FREE.0, Release).is_err() {
            self.free_slowly(me);
        }
    }
}
