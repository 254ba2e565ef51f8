// SPDX-License-Identifier: GPL-2.0

//! BRAVO: a reader-writer lock biased to readers, which then only show themselves in a table.
//!
//! Dice and Kogan, "BRAVO: Biased Locking for Reader-Writer Locks", USENIX ATC 2019.
//!
//! ```text
//!   biased    reader: show myself in my slot ──fence──▶ still biased? inside : hide, take the lock under it
//!             writer: take the lock under it, then revoke:
//!                     bias off ──fence──▶ each slot in turn: wait until no reader shows itself
//!   not       reader: take the lock under it; bias on again from inside, once the inhibition is over
//! ```
//!
//! A reader that shows itself writes no word that another reader writes. Of it and a writer at least one sees
//! the other, by the two fences. The bias changes under the lock alone: off with a writer inside, on with a
//! reader inside, so that no writer is. A revocation is slow, and its readers lose their fast path:
//! it inhibits the bias for [`INHIBITION`] times as long as it took, which bounds the slow-down of writers
//! to that part.
//!
//! Different from the paper: the table is the lock's own, with a slot for each vCPU ([`Slots`]), where the
//! paper hashes thread and lock into one table of 4096 for all locks, so that a lock stays one word longer.
//! Readers of two vCPUs that share a slot collide, and one of them takes the lock under it. A trylock that
//! finds a reader puts the bias back and gives up, instead of waiting for the reader.

use super::slots::Slots;
use crate::prelude::*;

/// The inhibition, in lengths of the revocation before it; 9 as in the paper: a tenth of the time at most.
const INHIBITION: u64 = 9;

/// `L`, biased to readers; its order of service is that of `L`.
pub struct Bravo<L> {
    biased: Atomic<bool>,
    /// Stamp from which on readers may turn the bias on.
    inhibited_until: Atomic<u64>,
    /// A reader is inside.
    visible: Slots<Atomic<bool>>,
    lock: L,
}

impl<L> Bravo<L> {
    /// Enters by showing the reader, if the lock is biased and the slot free.
    #[inline]
    fn show(&self, slot: &Atomic<bool>) -> bool {
        // Full: the slot before the bias, as `conceal` has the bias before the slots.
        if !self.biased.load(Relaxed) || slot.cmpxchg(false, true, Full).is_err() {
            return false;
        }
        // Pairs with the release in `turn_on`: the writers before it.
        if self.biased.load(Acquire) {
            return true;
        }
        Self::hide(slot);
        false
    }

    #[inline]
    fn hide(slot: &Atomic<bool>) {
        // Pairs with the acquire in `is_hidden`, of the next writer; also for a reader that was not inside,
        // which passes on what the reader before it left in the slot.
        slot.store(false, Release);
    }

    #[inline]
    fn is_hidden(slot: &Atomic<bool>) -> bool {
        // Pairs with the release in `hide`.
        !slot.load(Acquire)
    }

    /// Turns the bias on. No writer is inside.
    #[inline]
    fn turn_on(&self) {
        // Pairs with the second load in `show`.
        self.biased.store(true, Release);
    }

    /// Turns the bias off before a writer looks at the slots.
    #[inline]
    fn conceal(&self) {
        // Orders nothing but by the fence: a reader that misses it is seen in its slot.
        self.biased.store(false, Relaxed);
        smp_mb();
    }

    /// A reader inside the lock turns the bias on, unless that is inhibited.
    #[inline]
    fn bias(&self) {
        // Both are written under the lock.
        if !self.biased.load(Relaxed) && stamp() >= self.inhibited_until.load(Relaxed) {
            self.turn_on();
        }
    }

    /// A writer inside the lock waits for the readers that show themselves.
    #[inline(never)]
    fn revoke(&self, me: &Waiter) {
        let from = stamp();
        self.conceal();
        for slot in self.visible.all() {
            if !Self::is_hidden(slot) {
                me.begin_wait();
                me.spin_until(|| Self::is_hidden(slot));
            }
        }
        let now = stamp();
        let inhibition = now.saturating_sub(from).saturating_mul(INHIBITION);
        self.inhibited_until
            .store(now.saturating_add(inhibition), Relaxed);
    }

    /// A writer inside the lock turns the bias off if no reader shows itself; returns whether it is off.
    fn try_revoke(&self) -> bool {
        if !self.biased.load(Relaxed) {
            return true;
        }
        self.conceal();
        let hidden = self.visible.all().all(Self::is_hidden);
        if !hidden {
            // Those readers are seen only while the lock is biased.
            self.turn_on();
        }
        hidden
    }
}

impl<L: Lock> Lock for Bravo<L> {
    const REPORTS_CONTENTION: bool = L::REPORTS_CONTENTION;
    const SLEEPS: bool = L::SLEEPS;
    const SHARES: bool = L::SHARES;

    #[inline]
    fn new() -> Self {
        Self {
            biased: Atomic::new(false),
            inhibited_until: Atomic::new(0),
            visible: Slots::new(|| Atomic::new(false)),
            lock: L::new(),
        }
    }

    #[inline]
    fn with<R>(&self, me: &Waiter, body: impl FnOnce() -> R) -> R {
        self.lock.with(me, || {
            // Written under the lock.
            if self.biased.load(Relaxed) {
                self.revoke(me);
            }
            body()
        })
    }

    #[inline]
    fn with_shared<R>(&self, me: &Waiter, body: impl FnOnce() -> R) -> R {
        let slot = self.visible.mine();
        if self.show(slot) {
            let r = body();
            Self::hide(slot);
            return r;
        }
        self.lock.with_shared(me, || {
            self.bias();
            body()
        })
    }

    #[inline]
    fn try_with<R>(&self, me: &Waiter, body: impl FnOnce() -> R) -> Option<R> {
        let taken = self.lock.try_with(me, || self.try_revoke().then(body));
        taken.flatten()
    }
}
