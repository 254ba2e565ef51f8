// SPDX-License-Identifier: GPL-2.0

//! The per-vCPU reader count: a reader counts itself on its own vCPU, a writer raises a flag and waits
//! until every count is 0.
//!
//! The idea of `struct percpu_rw_semaphore` (Mikulas Patocka, Oleg Nesterov, Peter Zijlstra, Linux 3.6 to
//! 5.7), for threads that spin.
//!
//! ```text
//!   reader   count my slot ──fence──▶ flag down? ──yes──▶ inside ──▶ uncount
//!                                        └──no──▶ uncount, wait for the flag, again
//!   writer   raise the flag ──fence──▶ each slot in turn: wait until it is 0 ──▶ inside ──▶ lower it
//! ```
//!
//! Of a reader and a writer at least one sees the other, since each writes its own word, passes a fence and
//! then reads the other's: a reader that missed the flag is counted before the writer looks. A reader
//! uncounts where it counted, so each count drops to 0 for itself, and no sum over moving counts is needed.
//!
//! Different from the semaphore: that one lets readers off the fence while no writer came of late, and a
//! writer pays for it with an RCU grace period. `synchronize_rcu` sleeps, which a spinning lock may not,
//! so here every reader has the fence, which on x86 is the `lock` of its count. The flag is also what
//! writers exclude each other by; those who wait for it, readers and writers, are served in no order.

use super::slots::Slots;
use crate::prelude::*;

/// Readers share; writers are preferred, and served in no order.
pub struct PerCpu {
    /// A writer is inside, or waits for the readers.
    writer: Atomic<bool>,
    /// Readers inside, or about to see the flag.
    readers: Slots<Atomic<u32>>,
}

impl PerCpu {
    #[inline]
    fn raise(&self) -> bool {
        // Full: the flag before the counts, as `enter` has the count before the flag; and pairs with the
        // release in `lower`, of the previous writer.
        !self.writer.load(Relaxed) && self.writer.cmpxchg(false, true, Full).is_ok()
    }

    #[inline]
    fn lower(&self) {
        // Pairs with the acquire in `enter`, of readers, and with `raise`, of the next writer.
        self.writer.store(false, Release);
    }

    #[inline]
    fn is_drained(readers: &Atomic<u32>) -> bool {
        // Pairs with the release in `with_shared`, of the last reader to leave.
        readers.load(Acquire) == 0
    }

    #[inline]
    fn enter(&self, readers: &Atomic<u32>) -> bool {
        // Full: the count before the flag; see `raise`.
        readers.fetch_add(1, Full);
        // Pairs with the release in `lower`, of the last writer.
        if !self.writer.load(Acquire) {
            return true;
        }
        // It has read nothing, so there is nothing to order.
        readers.fetch_sub(1, Relaxed);
        false
    }
}

impl Lock for PerCpu {
    const SHARES: bool = true;

    #[inline]
    fn new() -> Self {
        Self {
            writer: Atomic::new(false),
            readers: Slots::new(|| Atomic::new(0)),
        }
    }

    #[inline]
    fn with<R>(&self, me: &Waiter, body: impl FnOnce() -> R) -> R {
        let mut waits = false;
        let mut begin_wait = || {
            if !waits {
                me.begin_wait();
            }
            waits = true;
        };
        while !self.raise() {
            begin_wait();
            me.spin_until(|| !self.writer.load(Relaxed));
        }
        for readers in self.readers.all() {
            if !Self::is_drained(readers) {
                begin_wait();
                me.spin_until(|| Self::is_drained(readers));
            }
        }
        let r = body();
        self.lower();
        r
    }

    #[inline]
    fn with_shared<R>(&self, me: &Waiter, body: impl FnOnce() -> R) -> R {
        let readers = self.readers.mine();
        if !self.enter(readers) {
            me.begin_wait();
            loop {
                me.spin_until(|| !self.writer.load(Relaxed));
                if self.enter(readers) {
                    break;
                }
            }
        }
        let r = body();
        // Pairs with the acquire in `is_drained`, of the next writer.
        readers.fetch_sub(1, Release);
        r
    }

    #[inline]
    fn try_with<R>(&self, _: &Waiter, body: impl FnOnce() -> R) -> Option<R> {
        if !self.raise() {
            return None;
        }
        let r = self.readers.all().all(Self::is_drained).then(body);
        self.lower();
        r
    }
}
