// SPDX-License-Identifier: GPL-2.0

//! The kernel's paravirt queue lock: `pv-qspinlock`.
//!
//! Waiman Long, "locking/pvqspinlock: Enable slowpath locking with unfair lock", 2015, and the series it
//! belongs to.
//!
//! ```text
//!   word   pending | locked: free, held, or held with the first waiter in the hash       tail ─▶ last
//! ```
//!
//! A running thread takes a free lock past the queue unless the first waiter is pending, which it is while
//! it spins. That one spins for 2^15 looks, enters the hash, and halts; the release of a lock in the hash
//! kicks it. The others wait on their nodes, and halt early if the vCPU ahead does not run.

#![expect(
    unsafe_code,
    reason = "a waiter's node is reached through raw pointers"
)]

use std::ptr;

use algo::{
    lock::Lock,
    primitive::{spin_until, Acquire, Atomic, Full, Relaxed, Release, Vcpu},
    Waiter,
};

use super::node::{Node, SPIN_THRESHOLD};

const LOCKED: u32 = 1;
/// Locked, and the first waiter is in the hash.
const SLOW: u32 = 3;
const LOCKED_MASK: u32 = 0xff;
const PENDING: u32 = 1 << 8;

/// The lock; all of it is on one cache line.
#[repr(align(64))]
pub(crate) struct Pv {
    word: Atomic<u32>,
    tail: Atomic<*mut Node>,
    /// The entry of the hash: the vCPU of the first waiter.
    hashed: Atomic<u32>,
}

// SAFETY: One OS thread runs all vCPUs.
unsafe impl Sync for Pv {}

impl Pv {
    /// Takes the lock if it is free and no waiter is pending; with waiters, spins for that while none is
    /// (`pv_hybrid_queued_unfair_trylock`).
    fn try_unfairly(&self, me: &Waiter) -> bool {
        loop {
            let word = self.word.load(Relaxed);
            if word == 0 && self.word.cmpxchg(0, LOCKED, Acquire).is_ok() {
                if !self.tail.load(Relaxed).is_null() {
                    me.events.pv_lock_stealing.bump();
                }
                return true;
            }
            if self.tail.load(Relaxed).is_null() || word & PENDING != 0 {
                return false;
            }
            me.relax_and_sample();
            me.spin_until(|| self.word.load(Relaxed) != word || self.tail.load(Relaxed).is_null());
        }
    }

    /// Changes the byte of the holder; returns what it was.
    fn set_locked(&self, to: u32) -> u32 {
        loop {
            let word = self.word.load(Relaxed);
            if self
                .word
                .cmpxchg(word, word & !LOCKED_MASK | to, Full)
                .is_ok()
            {
                return word & LOCKED_MASK;
            }
        }
    }

    fn slow(&self, me: &Waiter) {
        let node = Node::new();
        if self.try_unfairly(me) {
            return;
        }
        me.begin_wait();
        let mine = ptr::from_ref(&node).cast_mut();
        let ahead = self.tail.xchg(mine, Full);
        // SAFETY: The one ahead stays on its owner's stack until it has handed over to this one.
        if let Some(ahead) = unsafe { ahead.as_ref() } {
            ahead.next.store(mine, Release);
            node.wait(ahead, me);
        }
        self.wait_first(&node, me);
        self.leave_queue(mine, &node);
    }

    /// The first waiter: spins, or halts, until it takes the lock (`pv_wait_head_or_lock`).
    fn wait_first(&self, node: &Node, me: &Waiter) {
        let mut is_hashed = node.is_hashed();
        me.events.lock_pending.bump();
        loop {
            node.runs();
            self.word.fetch_add(PENDING, Relaxed);
            if self.spin_first(me) {
                return;
            }
            self.word.fetch_sub(PENDING, Relaxed);
            if !is_hashed {
                self.hashed.store(node.vcpu().number(), Relaxed);
                is_hashed = true;
                if self.set_locked(SLOW) == 0 {
                    // It was free: it is ours, and no waiter has to be found.
                    self.set_locked(LOCKED);
                    return;
                }
            }
            node.enters_hash();
            me.events.halts.bump();
            me.events.pv_wait_head.bump();
            let word = self.word.load(Relaxed);
            if word & LOCKED_MASK == SLOW {
                Vcpu::halt_while(&self.word, word);
            }
        }
    }

    /// Spins for the threshold; returns whether it took the lock.
    fn spin_first(&self, me: &Waiter) -> bool {
        let mut left = SPIN_THRESHOLD;
        while let Some(looks) = me.spin_for(left, || self.word.load(Relaxed) == PENDING) {
            if self.word.cmpxchg(PENDING, LOCKED, Acquire).is_ok() {
                return true;
            }
            left = looks;
        }
        false
    }

    /// The holder, whose node was first: makes the one behind it first.
    fn leave_queue(&self, mine: *mut Node, node: &Node) {
        if node.next.load(Acquire).is_null()
            && self.tail.cmpxchg(mine, ptr::null_mut(), Relaxed).is_ok()
        {
            return;
        }
        spin_until(|| !node.next.load(Acquire).is_null(), || ());
        // SAFETY: It waits for this hand-over.
        let next = unsafe { &*node.next.load(Acquire) };
        let vcpu = next.vcpu();
        if next.hand_over() {
            self.hashed.store(vcpu.number(), Relaxed);
            self.set_locked(SLOW);
        }
    }

    fn release(&self, me: &Waiter) {
        loop {
            let word = self.word.load(Relaxed);
            let is_slow = word & LOCKED_MASK == SLOW;
            let vcpu = is_slow
                .then(|| Vcpu::numbered(self.hashed.load(Relaxed)))
                .flatten();
            if self.word.cmpxchg(word, word & !LOCKED_MASK, Full).is_err() {
                continue;
            }
            if let Some(vcpu) = vcpu {
                me.events.kicks.bump();
                me.events.pv_kick_unlock.bump();
                vcpu.kick();
            }
            return;
        }
    }
}

impl Lock for Pv {
    fn new() -> Self {
        Self {
            word: Atomic::new(0),
            tail: Atomic::new(ptr::null_mut()),
            hashed: Atomic::new(0),
        }
    }

    fn with<R>(&self, me: &Waiter, body: impl FnOnce() -> R) -> R {
        if self.word.cmpxchg(0, LOCKED, Acquire).is_err() {
            self.slow(me);
        }
        let r = body();
        self.release(me);
        r
    }

    fn try_with<R>(&self, me: &Waiter, body: impl FnOnce() -> R) -> Option<R> {
        self.word.cmpxchg(0, LOCKED, Acquire).ok()?;
        let r = body();
        self.release(me);
        Some(r)
    }
}
