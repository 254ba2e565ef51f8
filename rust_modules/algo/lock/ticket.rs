// SPDX-License-Identifier: GPL-2.0

//! The ticket lock: fair, two words, every waiter watching the same one.
//!
//! Nick Piggin, "x86: FIFO ticket spinlocks", 2007: the kernel's spinlock until 4.2, and the one
//! whose storm Friebel showed at Xen Summit 2008.

use super::{
    Lock,
    FIRST_TICKET, //
};
use crate::{
    primitive::{
        Acquire,
        Atomic,
        Relaxed,
        Release, //
    },
    Waiter, //
};

/// Serves in order of arrival.
pub struct Ticket {
    next: Atomic<u32>,
    serving: Atomic<u32>,
}

impl Ticket {
    #[inline]
    fn serves(&self, mine: u32) -> bool {
        // Pairs with the release in `serve_after`, of whoever had the ticket before.
        self.serving.load(Acquire) == mine
    }

    #[inline]
    fn serve_after(&self, mine: u32) {
        // Pairs with the acquire in `serves`, of whoever has the next ticket. Tickets wrap around.
        self.serving.store(mine.wrapping_add(1), Release);
    }
}

impl Lock for Ticket {
    #[inline]
    fn new() -> Self {
        Self {
            next: Atomic::new(FIRST_TICKET),
            serving: Atomic::new(FIRST_TICKET),
        }
    }

    #[inline]
    fn with<R>(&self, me: &Waiter, body: impl FnOnce() -> R) -> R {
        // Taking a ticket orders nothing; being served does.
        let mine = self.next.fetch_add(1, Relaxed);
        if !self.serves(mine) {
            me.begin_wait();
            while !self.serves(mine) {
                me.relax_and_sample();
            }
        }
        let r = body();
        self.serve_after(mine);
        r
    }

    #[inline]
    fn try_with<R>(&self, _: &Waiter, body: impl FnOnce() -> R) -> Option<R> {
        // As in `serves`: if that ticket is still to be had, it is being served.
        let mine = self.serving.load(Acquire);
        if self
            .next
            .cmpxchg(mine, mine.wrapping_add(1), Relaxed)
            .is_err()
        {
            return None;
        }
        let r = body();
        self.serve_after(mine);
        Some(r)
    }
}
