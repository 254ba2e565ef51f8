// SPDX-License-Identifier: GPL-2.0

//! A queue spinlock whose acquisitions may fail: by a timeout, or since a deadlock was detected.
//!
//! Kumar Kartikeya Dwivedi, "Resilient Queued Spin Lock", Linux 6.15, 2025; after its cover letter and commits.
//!
//! ```text
//!    this vCPU ──waits for──▶ L          AA: L is held by this vCPU
//!        ▲                    │
//!      held by             held by       ABBA: each of two vCPUs holds what the other waits for.
//!        │                    ▼          Neither edge of the other's goes away by itself, so a
//!        M ◀──waits for── other vCPU     thread that sees both *at once* sees a deadlock
//! ```
//!
//! The first waiter spins for the word, and gives up after [`Tuning::timeout`](crate::Tuning); at first sight,
//! and each [`CHECKS`]th part of that, it looks for a deadlock. One that detects a deadlock leaves the queue to
//! the others; one that times out gives up the queue, so that waits do not add up. The kernel's numbers are
//! 250 ms and 1 ms.
//!
//! The two edges are two words, which no thread reads at once. A thread that reads first that L is held by the
//! other, and then that the other waits for M, may have been preempted in between, while the other released L
//! and went on to M: a false verdict. The other way around is right. While this thread holds M, the other
//! cannot stop waiting for it, and if it then holds L, it did so all the time. So [`Resilient`] reads the holder
//! again after the wait (`CONFIRM`). What remains is a wait that the other gives up in between, which is a
//! failure of its own. `Resilient<false>` does not read again, to measure what that is worth.
//!
//! Different from the kernel's:
//!
//! - The word names its holder, as the commits say would be faster; the kernel's word has no room for it. So AA
//!   needs no table, and ABBA one bit of each lock held.
//! - The table of waits is kept with the locks, not with the vCPUs: see [`Waits`].
//! - There is one first waiter, where the kernel has a pending one and the head of the queue. Waiters behind it
//!   look for a deadlock once, before they queue: of two vCPUs in a deadlock the later detects it at once.
//! - No fallback to test and set, which the commits describe with a timeout of a second; when a kernel takes it
//!   was not checked.
//!
//! [`Lock::with`] has no failure: it counts one and tries again. So it waits for ever in a true deadlock, as any
//! lock does; [`Resilient::acquire`] returns.

#![expect(
    unsafe_code,
    reason = "a waiter's node is reached through raw pointers"
)]

mod held;
mod node;
mod waits;
mod word;

pub(crate) use self::held::HeldLocks;
use self::{
    node::{
        Node,
        DENIED,
        FIRST, //
    },
    waits::Waits,
    word::Word, //
};
use crate::prelude::*;

/// Why an acquisition failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failed {
    /// The lock was not free in time.
    Timeout,
    /// The vCPU holds the lock already.
    Aa,
    /// The vCPU that holds the lock waits for one that this vCPU holds.
    Abba,
}

/// A lock word, a queue, and the vCPUs that wait; `CONFIRM`: the holder is read again after its wait.
pub struct Resilient<const CONFIRM: bool = true> {
    word: Atomic<u32>,
    tail: Atomic<*mut Node>,
    waits: Waits,
}

/// Parts of the timeout, after each of which the first waiter looks for a deadlock.
const CHECKS: u64 = 250;
/// Looks at the word between two readings of the clock.
const LOOKS: u32 = 64;

// SAFETY: All fields are atomics; a node behind `tail` lives until its owner has left the queue.
unsafe impl<const CONFIRM: bool> Sync for Resilient<CONFIRM> {}
// SAFETY: As for `Sync`.
unsafe impl<const CONFIRM: bool> Send for Resilient<CONFIRM> {}

impl<const CONFIRM: bool> Resilient<CONFIRM> {
    /// Runs `body` while holding the lock, or returns why it could not be had.
    #[inline]
    pub fn acquire<R>(&self, me: &Waiter, body: impl FnOnce() -> R) -> Result<R, Failed> {
        let mine = Word::held_by(Vcpu::current());
        self.lock(mine, me)?;
        Ok(self.hold(mine, me, body))
    }

    #[inline]
    fn load(&self) -> Word {
        // A hint what to try; the exchange that follows orders.
        Word(self.word.load(Relaxed))
    }

    #[inline]
    fn take(&self, from: Word, to: Word) -> bool {
        // Pairs with the release in `hold`, of the previous holder.
        self.word.cmpxchg(from.0, to.0, Acquire).is_ok()
    }

    #[inline]
    fn lock(&self, mine: Word, me: &Waiter) -> Result<(), Failed> {
        match self.take(Word::FREE, mine) {
            true => Ok(()),
            false => self.lock_slowly(mine, me),
        }
    }

    /// Runs `body` in the section of `mine`, and frees the lock.
    #[inline]
    fn hold<R>(&self, mine: Word, me: &Waiter, body: impl FnOnce() -> R) -> R {
        let r = me.held.during(&self.waits, body);
        // Pairs with the acquire in `take`, of the next holder. A subtraction, since a waiter may be setting
        // its flag.
        self.word.fetch_sub(mine.0, Release);
        r
    }

    #[inline(never)]
    fn lock_slowly(&self, mine: Word, me: &Waiter) -> Result<(), Failed> {
        let vcpu = Vcpu::current().number();
        self.waits.begin(vcpu);
        let taken = match self.deadlock(me) {
            Some(failed) => Err(failed),
            None => self.queue(mine, me),
        };
        self.waits.end(vcpu);
        if let Err(failed) = taken {
            let event = match failed {
                Failed::Timeout => &me.events.timeouts,
                Failed::Aa => &me.events.deadlock_aa,
                Failed::Abba => &me.events.deadlock_abba,
            };
            event.bump();
        }
        taken
    }

    /// Looks for a deadlock of which the calling thread, which waits, is a part.
    fn deadlock(&self, me: &Waiter) -> Option<Failed> {
        let holder = self.load().holder()?;
        if holder == Vcpu::current().number() {
            return Some(Failed::Aa);
        }
        let still_holds = || !CONFIRM || self.load().holder() == Some(holder);
        let deadlocks = me.held.any(|lock| lock.has(holder) && still_holds());
        deadlocks.then_some(Failed::Abba)
    }

    /// Joins the queue, becomes first, and takes the lock, or gives up.
    fn queue(&self, mine: Word, me: &Waiter) -> Result<(), Failed> {
        let node = Node::new();
        let at = ptr::from_ref(&node).cast_mut();
        // Publishes the node; pairs with the next arrival's exchange.
        let ahead = self.tail.xchg(at, Full);
        me.begin_wait();
        let is_first = ahead.is_null() || {
            // SAFETY: `ahead` stays on its owner's stack until `next` is set.
            unsafe { Node::link(ahead, at) };
            node.wait(me)
        };
        let taken = match is_first {
            true => self.wait_first(mine, &node, me),
            false => Err(Failed::Timeout),
        };
        let next = match taken {
            Err(Failed::Timeout) => DENIED,
            _ => FIRST,
        };
        self.leave(at, &node, next);
        taken
    }

    /// The first waiter: waits for the lock and takes it, or gives up.
    fn wait_first(&self, mine: Word, node: &Node, me: &Waiter) -> Result<(), Failed> {
        me.events.lock_pending.bump();
        let timeout = me.tuning.timeout;
        let since = stamp();
        let mut check_at = since;
        loop {
            let word = self.load();
            if word.is_free() {
                let to = match node.next() {
                    None => mine,
                    Some(_) => mine.with_pending(),
                };
                if self.take(word, to) {
                    return Ok(());
                }
            } else if !word.pending() {
                // Nothing to order: the flag hands nothing over.
                let _ = self.word.cmpxchg(word.0, word.with_pending().0, Relaxed);
            }
            let now = stamp();
            let mut failed = None;
            if now >= check_at {
                failed = self.deadlock(me);
                check_at = now.saturating_add(timeout / CHECKS);
            }
            if failed.is_none() && now.saturating_sub(since) >= timeout {
                failed = Some(Failed::Timeout);
            }
            if let Some(failed) = failed {
                self.withdraw();
                return Err(failed);
            }
            let seen = self.load();
            me.spin_for(LOOKS, || self.load() != seen);
        }
    }

    /// The first waiter, which gives up: the lock may be taken. The next waiter, if any, sets the flag again.
    fn withdraw(&self) {
        loop {
            let word = self.load();
            let without = word.without_pending();
            // Nothing to order, as where it is set.
            if word == without || self.word.cmpxchg(word.0, without.0, Relaxed).is_ok() {
                return;
            }
        }
    }

    /// Leaves the queue; the one behind goes on as `next` says.
    fn leave(&self, at: *mut Node, node: &Node, next: u32) {
        // Leaves the queue empty, if it is. The next to arrive is first by itself: nothing to order.
        if node.next().is_none() && self.tail.cmpxchg(at, ptr::null_mut(), Relaxed).is_ok() {
            return;
        }
        let behind = loop {
            if let Some(behind) = node.next() {
                break behind;
            }
            spin_until(|| node.next().is_some(), || ());
        };
        // SAFETY: It waits for this signal, so its node is live until that is given.
        unsafe { Node::signal(behind, next) };
    }
}

impl<const CONFIRM: bool> Lock for Resilient<CONFIRM> {
    #[inline]
    fn new() -> Self {
        Self {
            word: Atomic::new(Word::FREE.0),
            tail: Atomic::new(ptr::null_mut()),
            waits: Waits::new(),
        }
    }

    #[inline]
    fn with<R>(&self, me: &Waiter, body: impl FnOnce() -> R) -> R {
        let mine = Word::held_by(Vcpu::current());
        while self.lock(mine, me).is_err() {
            me.relax_and_sample();
        }
        self.hold(mine, me, body)
    }

    #[inline]
    fn try_with<R>(&self, me: &Waiter, body: impl FnOnce() -> R) -> Option<R> {
        let mine = Word::held_by(Vcpu::current());
        self.take(Word::FREE, mine)
            .then(|| self.hold(mine, me, body))
    }
}
