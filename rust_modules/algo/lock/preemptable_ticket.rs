// SPDX-License-Identifier: GPL-2.0

//! The preemptable ticket lock: FIFO, except that waiters pass preempted ones after a timeout.
//!
//! Ouyang and Lange, "Preemptable Ticket Spinlocks: Improving Consolidated Performance in the
//! Cloud", VEE 2013.
//!
//! ```text
//!   wait ──my ticket, or a later one, was served──▶ may take
//!     └────my distance × the threshold has passed──▶ may take, and so may the tickets passed
//! ```
//!
//! A ticket is an order of preference, not a right: the lock proper is a byte, and a waiter may try to
//! take it when its ticket is up, or when nothing has been served for its distance from the head times
//! the threshold. So the waiters become eligible one after another, the earliest first, and a preempted
//! one delays the next by one threshold instead of by its host's time slice. The holder moves the head
//! past its ticket; the tickets it passed may try from then on, so that none is passed by the same
//! ticket twice. Unfairness is bounded by the tickets that are out. Waiters never halt: the lock needs
//! no hypervisor, and spins as any spinlock does.

use super::FIRST_TICKET;
use crate::prelude::*;

/// Serves in order of arrival unless a waiter is preempted.
pub struct PreemptableTicket {
    next: Atomic<u32>,
    /// Tickets before this one need not be waited for. Only the holder writes it.
    head: Atomic<u32>,
    taken: Atomic<bool>,
}

impl PreemptableTicket {
    #[inline]
    fn take(&self) -> bool {
        // Pairs with the release in `release`, of the previous holder.
        !self.taken.load(Relaxed) && self.taken.cmpxchg(false, true, Acquire).is_ok()
    }

    /// Returns how many tickets are between the `head` and `mine`; 0 if it was passed.
    #[inline]
    fn distance(head: u32, mine: u32) -> u32 {
        // Tickets wrap around: half of them are ahead, half behind.
        match mine.wrapping_sub(head) {
            passed if passed > u32::MAX / 2 => 0,
            ahead => ahead,
        }
    }

    /// Waits until `mine` may take the lock, and does.
    #[inline(never)]
    fn wait(&self, mine: u32, me: &Waiter) {
        me.begin_wait();
        loop {
            // Only a hint whose ticket is up: the byte excludes.
            let head = self.head.load(Relaxed);
            let moved = || self.head.load(Relaxed) != head;
            let timeout = Self::distance(head, mine).saturating_mul(me.tuning.threshold);
            if me.spin_for(timeout, moved).is_some() {
                continue;
            }
            while !moved() {
                if self.take() {
                    if timeout > 0 {
                        me.events.ticket_timeout.bump();
                    }
                    return;
                }
                me.relax_and_sample();
                me.spin_until(|| moved() || !self.taken.load(Relaxed));
            }
        }
    }
}

impl RawLock for PreemptableTicket {
    type Token = u32;

    #[inline]
    fn new() -> Self {
        Self {
            next: Atomic::new(FIRST_TICKET),
            head: Atomic::new(FIRST_TICKET),
            taken: Atomic::new(false),
        }
    }

    #[inline(always)]
    fn acquire(&self, me: &Waiter) -> u32 {
        // Taking a ticket orders nothing; the byte does.
        let mine = self.next.fetch_add(1, Relaxed);
        if self.head.load(Relaxed) != mine || !self.take() {
            self.wait(mine, me);
        }
        mine
    }

    #[inline]
    fn try_acquire(&self, _: &Waiter) -> Option<u32> {
        let head = self.head.load(Relaxed);
        // A ticket only if none is out, so that no earlier waiter is passed.
        if self.next.load(Relaxed) != head || !self.take() {
            return None;
        }
        // A thread that took one since has to wait for the byte.
        Some(self.next.fetch_add(1, Relaxed))
    }

    #[inline(always)]
    fn release(&self, mine: u32, _: &Waiter) {
        // A later ticket may have moved the head already. The lock is held: no other thread writes it.
        let after = mine.wrapping_add(1);
        if Self::distance(self.head.load(Relaxed), after) > 0 {
            self.head.store(after, Relaxed);
        }
        // Pairs with the acquire in `take`, of the next holder.
        self.taken.store(false, Release);
    }
}
