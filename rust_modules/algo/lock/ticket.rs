// SPDX-License-Identifier: GPL-2.0

//! The ticket lock: fair, two words, every waiter watching the same one.
//!
//! Nick Piggin, "x86: FIFO ticket spinlocks", 2007: the kernel's spinlock until 4.2, and the one
//! whose storm Friebel showed at Xen Summit 2008.

use super::Lock;
use crate::{
    primitive::{
        cpu_relax,
        Acquire,
        Atomic,
        Relaxed,
        Release, //
    },
    Events, //
};

/// Serves in order of arrival.
pub struct Ticket {
    next: Atomic<u32>,
    serving: Atomic<u32>,
}

impl Ticket {
    /// Creates the lock, free, its next ticket being `ticket`.
    #[inline]
    pub fn starting_at(ticket: u32) -> Self {
        Self {
            next: Atomic::new(ticket),
            serving: Atomic::new(ticket),
        }
    }
}

impl Lock for Ticket {
    const NAME: &'static str = "ticket";

    #[inline]
    fn new() -> Self {
        Self::starting_at(0)
    }

    #[inline]
    fn with<R>(&self, _: &Events, body: impl FnOnce() -> R) -> R {
        // Taking a ticket orders nothing; being served does.
        let mine = self.next.fetch_add(1, Relaxed);
        // Pairs with the release below, of whoever had the ticket before.
        while self.serving.load(Acquire) != mine {
            cpu_relax();
        }
        let r = body();
        // Pairs with the acquire above, of whoever has the next ticket. Tickets wrap around.
        self.serving.store(mine.wrapping_add(1), Release);
        r
    }
}
