// SPDX-License-Identifier: GPL-2.0

//! The ticket lock: FIFO, two words, all waiters spin on the same one.
//!
//! Nick Piggin, "x86: FIFO ticket spinlocks", 2007: the kernel's spinlock until 4.2, and the one
//! whose storm under overcommit Friebel showed at Xen Summit 2008.

use super::FIRST_TICKET;
use crate::prelude::*;

/// Serves in order of arrival.
pub struct Ticket {
    next: Atomic<u32>,
    serving: Atomic<u32>,
}

impl Ticket {
    #[inline]
    fn serves(&self, mine: u32) -> bool {
        // Pairs with the release in `release`, of the ticket before.
        self.serving.load(Acquire) == mine
    }
}

impl RawLock for Ticket {
    type Token = u32;

    #[inline]
    fn new() -> Self {
        Self {
            next: Atomic::new(FIRST_TICKET),
            serving: Atomic::new(FIRST_TICKET),
        }
    }

    #[inline(always)]
    fn acquire(&self, me: &Waiter) -> u32 {
        // Taking a ticket orders nothing; being served does.
        let mine = self.next.fetch_add(1, Relaxed);
        if !self.serves(mine) {
            me.begin_wait();
            me.spin_until(|| self.serves(mine));
        }
        mine
    }

    #[inline]
    fn try_acquire(&self, _: &Waiter) -> Option<u32> {
        // As in `serves`: if that ticket can still be had, it is being served.
        let mine = self.serving.load(Acquire);
        let next = mine.wrapping_add(1);
        self.next.cmpxchg(mine, next, Relaxed).ok()
    }

    #[inline(always)]
    fn release(&self, mine: u32, _: &Waiter) {
        // Pairs with the acquire in `serves`, of the next ticket's thread. Tickets wrap around.
        self.serving.store(mine.wrapping_add(1), Release);
    }
}
