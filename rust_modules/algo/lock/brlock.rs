// SPDX-License-Identifier: GPL-2.0

//! The big-reader lock: a byte for each vCPU; a reader takes its own, a writer takes all.
//!
//! Nick Piggin, "Scaling the Linux VFS", 2009: the lock of the mount table, for lookups that are far more
//! frequent than mounts; named after `brlock` of Linux 2.4.
//!
//! ```text
//!   slots      0  1  2  3  …
//!   readers    ●     ●        each holds its own: they share no cache line, and need no other's
//!   writer     ● ─▶● ─▶┊      takes them in order, so two writers meet at slot 0,
//!                              and waits at each for the one reader there
//! ```
//!
//! A thread is inside with all slots, or one of them, so a writer excludes all and a reader excludes
//! writers. A reader holds one slot and waits for none while it does, so the order of the slots is free
//! of deadlock. The cost of a write grows with the number of slots, and readers are not fair to a writer: one
//! that leaves its slot may take it again before the writer has seen it free.
//!
//! Different from the document: slots are shared by vCPUs whose numbers agree, see [`Slots`]; readers
//! of one slot exclude each other, as two readers of one vCPU cannot meet with preemption off. A byte spins by
//! test and test and set where the document has the ticket lock of its time.

use super::slots::Slots;
use crate::prelude::*;

/// Readers share; neither side is served in order.
pub struct BrLock(Slots<Atomic<bool>>);

impl BrLock {
    #[inline]
    fn take(slot: &Atomic<bool>) -> bool {
        // Pairs with the release in `free`, of the previous holder of this slot.
        !slot.load(Relaxed) && slot.cmpxchg(false, true, Acquire).is_ok()
    }

    #[inline]
    fn free(slot: &Atomic<bool>) {
        // Pairs with the acquire in `take`, of the next holder of this slot.
        slot.store(false, Release);
    }

    /// Takes a slot; `waits` is whether the thread has waited already. Returns whether it has now.
    #[inline]
    fn acquire(slot: &Atomic<bool>, waits: bool, me: &Waiter) -> bool {
        if Self::take(slot) {
            return waits;
        }
        if !waits {
            me.begin_wait();
        }
        loop {
            me.spin_until(|| !slot.load(Relaxed));
            if Self::take(slot) {
                return true;
            }
        }
    }

    fn free_all(&self) {
        self.0.all().for_each(Self::free);
    }
}

impl Lock for BrLock {
    const SHARES: bool = true;

    #[inline]
    fn new() -> Self {
        Self(Slots::new(|| Atomic::new(false)))
    }

    #[inline]
    fn with<R>(&self, me: &Waiter, body: impl FnOnce() -> R) -> R {
        let slots = self.0.all();
        slots.fold(false, |waits, slot| Self::acquire(slot, waits, me));
        let r = body();
        self.free_all();
        r
    }

    #[inline]
    fn with_shared<R>(&self, me: &Waiter, body: impl FnOnce() -> R) -> R {
        let slot = self.0.mine();
        Self::acquire(slot, false, me);
        let r = body();
        Self::free(slot);
        r
    }

    #[inline]
    fn try_with<R>(&self, _: &Waiter, body: impl FnOnce() -> R) -> Option<R> {
        for (taken, slot) in self.0.all().enumerate() {
            if !Self::take(slot) {
                self.0.all().take(taken).for_each(Self::free);
                return None;
            }
        }
        let r = body();
        self.free_all();
        Some(r)
    }
}
