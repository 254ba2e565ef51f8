// SPDX-License-Identifier: GPL-2.0

//! The fissile lock: test and set, and behind it a queue of which the first waiter alone competes.
//!
//! Dice and Kogan, "Fissile Locks", 2020 (arXiv 2003.05025).
//!
//! ```text
//!   FREE ◀──release── HELD ──first waiter, impatient──▶ CLAIMED ──release──▶ GRANTED
//!     └──arrival, first──▶▲ ◀────────────────first waiter has the lock──────────┘
//!
//!   outer queue:  first waiter ◀── waiter ◀── … ◀── last
//! ```
//!
//! A thread that finds the word free takes it past all who wait: an uncontended acquisition is one
//! exchange, a release is one, and a lock that is free never waits for a preempted waiter. All others
//! queue in an `mcs` lock, the holder of which is the first waiter; so two kinds of threads at most write
//! the word, and a storm of `ttas` does not arise. Having the word, the first waiter leaves the queue
//! before its section, so that the next one is there when the word is released.
//!
//! *Bounded bypass.* Arrivals may overtake the first waiter for as long as it is patient, `threshold`
//! iterations. Then it claims the word by one exchange, which takes it if it is free. A claimed word is
//! never free: no arrival gets it, and the holder releases it to the first waiter directly. So no more
//! than the section under way passes a claim, and a waiter with `n` ahead waits for `n + 1` such times
//! at most.
//!
//! What differs from the paper: its outer lock is NUMA-aware (CNA), ours serves in order of arrival; and
//! patience is counted in iterations, as every spin threshold here. `pv_queued` has the same two parts,
//! and differs in what it knows. There the bound is a number of overtakes, which the word counts, here a
//! time, which a waiter that is preempted does not spend: its claim comes late, but until then all
//! that pass it run. `pv_queued` asks whether the vCPUs of holder and first waiter run, halts both kinds
//! of waiters and keeps a halted one first; a fissile lock asks nothing and spins, and while its first
//! waiter is preempted *after* the claim, the lock is idle, as any lock with strict hand-over.

use super::Mcs;
use crate::{
    prelude::*,
    wait::Spin, //
};

/// A word that the holder sets, and a queue whose head waits for it.
pub struct Fissile {
    word: Atomic<u32>,
    outer: Mcs<Spin>,
}

const FREE: u32 = 0;
const HELD: u32 = 1;
/// Held, and the first waiter is next.
const CLAIMED: u32 = 2;
/// The first waiter's, which has yet to see it.
const GRANTED: u32 = 3;

impl Fissile {
    #[inline]
    fn take(&self) -> bool {
        // Pairs with the exchange in `release`, of the previous holder.
        self.word.cmpxchg(FREE, HELD, Acquire).is_ok()
    }

    /// Waits for the lock and takes it. Of its own, so that `acquire` keeps its registers.
    #[inline(never)]
    fn take_slowly(&self, me: &Waiter) {
        let waits = me.events.lock_slowpath.get();
        self.outer.with(me, || {
            // The queue has begun the wait, unless this is its first thread.
            if me.events.lock_slowpath.get() == waits {
                me.begin_wait();
            }
            self.take_first(me);
        });
    }

    /// The first waiter: takes the lock, after its patience in any case as the next to have it.
    fn take_first(&self, me: &Waiter) {
        me.events.lock_pending.bump();
        let mut looks = me.tuning.threshold;
        while let Some(left) = me.spin_for(looks, || self.word.load(Relaxed) == FREE) {
            if self.take() {
                return;
            }
            looks = left;
        }
        // If the word was free, this has taken it, and pairs with the exchange in `release`.
        if self.word.xchg(CLAIMED, Acquire) == HELD {
            // Pairs with the release in `release`, of the thread that found the claim.
            me.spin_until(|| self.word.load(Acquire) == GRANTED);
        }
        // None but the holder changes a word that is neither free nor held.
        self.word.store(HELD, Relaxed);
    }
}

impl RawLock for Fissile {
    type Token = ();

    #[inline]
    fn new() -> Self {
        Self {
            word: Atomic::new(FREE),
            outer: Mcs::new(),
        }
    }

    #[inline(always)]
    fn acquire(&self, me: &Waiter) {
        if !self.take() {
            self.take_slowly(me);
        }
    }

    #[inline]
    fn try_acquire(&self, _: &Waiter) -> Option<()> {
        self.take().then_some(())
    }

    #[inline(always)]
    fn release(&self, (): (), _: &Waiter) {
        // Pairs with the acquire of the thread that takes it: in `take`, or in the claim that finds it free.
        if self.word.cmpxchg(HELD, FREE, Release).is_err() {
            // Pairs with the acquire of the first waiter, which has claimed it.
            self.word.store(GRANTED, Release);
        }
    }
}
