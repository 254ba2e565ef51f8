// SPDX-License-Identifier: GPL-2.0

//! A paravirt queue lock that bounds stealing and knows which vCPU runs.
//!
//! After the kernel's own, `kernel/locking/qspinlock_paravirt.h`, and different from it in this:
//!
//! ```text
//!   word   overtakes | spins | halted | pending | holder       tail ─▶ last ◀─ … ◀─ first
//! ```
//!
//! - The word names its holder, so a waiter can ask whether that vCPU is preempted, and does not spin
//!   for one that is. The kernel's waiters know only the waiter ahead.
//! - The first waiter is *pending*: it alone waits for the word, the others in a queue behind it, each
//!   on its own node. It stores its vCPU before it sets *halted*; the holder that frees the lock
//!   clears that bit and kicks. So the kernel's hash from lock to vCPU is one word.
//! - A waiter that becomes first while it is halted stays halted: its predecessor, which has just
//!   taken the lock, sets *halted* for it, and the release kicks it. One kick per hand-over.
//! - A running thread takes a free lock past the queue (lock stealing), but past the same first waiter
//!   at most `overtakes` times, and a 64th of that while the first waiter *spins* and runs. The word
//!   counts them, which each of them writes anyway. So a waiter with `n` ahead is overtaken at most
//!   `(n + 1) × overtakes` times once the one at the front is pending. The kernel has no bound.

#![expect(
    unsafe_code,
    reason = "a waiter's node is reached through raw pointers"
)]

mod word;

use self::word::Word;
use super::halting_node::Node;
use crate::prelude::*;

/// A lock word, a queue, and the vCPU of the first waiter.
pub struct PvQueued {
    word: Atomic<u32>,
    /// The vCPU of the first waiter, if the word says that it spins or is halted.
    first: Atomic<u32>,
    tail: Atomic<*mut Node>,
}

/// Looks between two checks whether a vCPU is preempted: the answer is on a shared cache line.
const CHECK_EVERY: u32 = 32;
/// Divisor of `overtakes` while the first waiter spins and runs.
const PRESENT: u32 = 64;

// SAFETY: All fields are atomics; the nodes behind `tail` are reached as `queue` explains.
unsafe impl Sync for PvQueued {}
// SAFETY: As for `Sync`.
unsafe impl Send for PvQueued {}

impl PvQueued {
    /// Writes `to` if `from` is there, and so takes or frees the lock, or changes its flags.
    ///
    /// Pairs with the exchanges of all others: with those that free the lock, for the next holder,
    /// and with those of the first waiter, for the reader of `first`. `Full`, since some do both.
    #[inline]
    fn change(&self, from: Word, to: Word) -> bool {
        self.word.cmpxchg(from.0, to.0, Full).is_ok()
    }

    /// The holder: changes the word, which others may be changing; returns what it was.
    #[inline]
    fn set(&self, with: impl Fn(Word) -> Word) -> Word {
        loop {
            let word = self.load();
            if word == with(word) || self.change(word, with(word)) {
                return word;
            }
        }
    }

    #[inline]
    fn load(&self) -> Word {
        // A hint what to try; the exchange that follows orders.
        Word(self.word.load(Relaxed))
    }

    /// Takes the lock if it is free and no thread waits.
    #[inline]
    fn take(&self, mine: Word) -> bool {
        // Pairs with the release in `release`, of the previous holder.
        self.word.cmpxchg(Word::FREE.0, mine.0, Acquire).is_ok()
    }

    #[inline(never)]
    fn free_slowly(&self, me: &Waiter) {
        // Comes after the exchange that set the bit, and so after `first` was written.
        if !self.set(Word::freed).halted() {
            return;
        }
        // If that was written anew since, the vCPU that it named is awake already.
        if let Some(vcpu) = self.first() {
            me.events.kicks.bump();
            me.events.pv_kick_unlock.bump();
            vcpu.kick();
        }
    }

    #[inline]
    fn first(&self) -> Option<Vcpu> {
        Vcpu::numbered(self.first.load(Relaxed))
    }

    /// Takes the lock if it is free and the first waiter, if any, may be overtaken.
    fn steal(&self, mine: Word, me: &Waiter) -> bool {
        let word = self.load();
        let away = !word.spins() || self.first().is_some_and(Vcpu::is_preempted);
        let overtakes = match away {
            true => me.tuning.overtakes,
            false => me.tuning.overtakes / PRESENT,
        };
        let stolen = word.stolen_by(mine, overtakes);
        if !stolen.is_some_and(|to| self.change(word, to)) {
            return false;
        }
        if word.pending() {
            me.events.pv_lock_stealing.bump();
        }
        true
    }

    /// Waits for the lock and takes it.
    #[inline(never)]
    fn take_slowly(&self, mine: Word, me: &Waiter) {
        if !self.steal(mine, me) {
            me.begin_wait();
            self.queue(mine, me);
        }
    }

    /// Joins the queue, becomes first, takes the lock, and makes the next in the queue first.
    fn queue(&self, mine: Word, me: &Waiter) {
        let node = Node::new();
        let at = ptr::from_ref(&node).cast_mut();
        // Publishes the node; pairs with the next arrival's exchange.
        let ahead = self.tail.xchg(at, Full);
        if !ahead.is_null() {
            // SAFETY: `ahead` stays on its owner's stack until `next` is set, which this does last.
            let vcpu = unsafe { Node::link(ahead, at) };
            Self::wait_behind(vcpu, &node, me);
        }
        me.events.lock_pending.bump();
        let mut halted = false;
        while !self.spin_first(mine, &node, me) {
            if halted {
                me.events.pv_wait_again.bump();
            }
            halted |= self.halt_first(me);
        }
        self.make_next_first(at, &node);
    }

    /// Any other waiter: waits to become first. The vCPU of the waiter ahead is `ahead`.
    fn wait_behind(ahead: Vcpu, node: &Node, me: &Waiter) {
        let mut left = me.tuning.threshold;
        while left > 0 && !node.is_first() {
            if ahead.is_preempted() {
                me.events.pv_wait_early.bump();
                break;
            }
            let looks = left.min(CHECK_EVERY);
            if me.spin_for(looks, || node.is_first()).is_some() {
                return;
            }
            left = left.wrapping_sub(looks);
        }
        node.halt(me);
    }

    /// The first waiter: spins for the threshold; returns whether it took the lock.
    fn spin_first(&self, mine: Word, node: &Node, me: &Waiter) -> bool {
        // The exchange that sets a bit publishes this to the thread that reads it.
        self.first.store(Vcpu::current().number(), Relaxed);
        let mut spins: u32 = 0;
        loop {
            let word = self.load();
            if word.is_free() {
                if self.take_first(word, mine, node) {
                    return true;
                }
            } else if spins >= me.tuning.threshold {
                return false;
            } else if spins % CHECK_EVERY == 0 && word.holder().is_some_and(Vcpu::is_preempted) {
                me.events.pv_wait_early.bump();
                return false;
            } else {
                if !word.spins() {
                    self.change(word, word.with_spins());
                }
                spins = spins.wrapping_add(1);
                me.relax_and_sample();
                spins = spins.wrapping_add(self.spin_while(word, spins, me));
            }
        }
    }

    /// The first waiter, which has spun for `spins` iterations: spins until the word is no longer `word`,
    /// the next check or the threshold; returns for how many iterations.
    fn spin_while(&self, word: Word, spins: u32, me: &Waiter) -> u32 {
        let most = me.tuning.threshold.saturating_sub(spins);
        let looks = most.min((CHECK_EVERY - spins % CHECK_EVERY) % CHECK_EVERY);
        let left = me.spin_for(looks, || self.load() != word);
        looks.wrapping_sub(left.map_or(0, |left| left.wrapping_add(1)))
    }

    /// The first waiter: takes the free lock. If one is behind it, that one becomes pending with the
    /// same exchange, so that no thread overtakes it uncounted.
    fn take_first(&self, word: Word, mine: Word, node: &Node) -> bool {
        let to = match node.next() {
            None => mine,
            Some(_) => mine.with_pending(),
        };
        self.change(word, to)
    }

    /// The first waiter: halts until the lock is freed; returns whether it did.
    fn halt_first(&self, me: &Waiter) -> bool {
        let word = self.load();
        let halted = word.with_halted();
        // Publishes `first` to the holder that frees the lock. Once the bit is set, the holder
        // changes the word only to free it.
        if word.is_free() || !self.change(word, halted) {
            return false;
        }
        me.events.halts.bump();
        me.events.pv_wait_head.bump();
        Vcpu::halt_while(&self.word, halted.0);
        if self.load() == halted {
            me.events.pv_spurious_wakeup.bump();
        }
        true
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
        self.set(Word::with_pending);
        // SAFETY: `next` waits to become first, so its node is live until that is signalled.
        if let Some(vcpu) = unsafe { Node::make_first(next) } {
            // It stays halted until we free the lock.
            self.first.store(vcpu.number(), Relaxed);
            self.set(Word::with_halted);
        }
    }
}

impl RawLock for PvQueued {
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
            self.take_slowly(mine, me);
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
        // Pairs with the exchange of the thread that takes it next.
        if self.word.cmpxchg(mine.0, Word::FREE.0, Release).is_err() {
            self.free_slowly(me);
        }
    }
}
