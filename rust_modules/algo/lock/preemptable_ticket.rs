// SPDX-License-Identifier: GPL-2.0

//! The preemptable ticket lock: in order, unless those ahead let their time pass.
//!
//! Ouyang and Lange, "Preemptable Ticket Spinlocks: Improving Consolidated Performance in the
//! Cloud", VEE 2013.
//!
//! ```text
//!   wait ──my ticket, or a later one, was served──▶ may take
//!     └────my distance × the threshold has passed──▶ may take, and those passed may from now on
//! ```
//!
//! A ticket is an order of preference, not a right: the lock proper is a byte, and a waiter may try
//! for it when its ticket is up, or when nothing has been served for its distance from the head
//! times the threshold. So the waiters become eligible one after another, the earliest first, and
//! a preempted one delays the next by one threshold instead of by its host's time slice. Whoever
//! takes the lock moves the head past its ticket; those it has passed may try from then on, so
//! that none is passed by the same ticket twice. Unfairness is bounded by the tickets that are out.
//! Nobody halts: it needs no hypervisor, and burns its vCPU as any spinlock does.

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

/// Serves in order of arrival where it can.
pub struct PreemptableTicket {
    next: Atomic<u32>,
    /// No ticket before this one has to be waited for. The holder's to write.
    head: Atomic<u32>,
    taken: Atomic<u8>,
}

impl PreemptableTicket {
    #[inline]
    fn take(&self) -> bool {
        // Pairs with the release in `free`, of whoever held it before.
        self.taken.load(Relaxed) == 0 && self.taken.cmpxchg(0, 1, Acquire).is_ok()
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
        let (mut seen, mut looks) = (self.head.load(Relaxed), 0u32);
        loop {
            // Only a hint whose turn it is: the byte is what excludes.
            let head = self.head.load(Relaxed);
            if head != seen {
                (seen, looks) = (head, 0);
            }
            let patience = Self::distance(head, mine).saturating_mul(me.tuning.threshold);
            if looks >= patience && self.take() {
                if patience > 0 {
                    me.events.ticket_timeout.bump();
                }
                return;
            }
            looks = looks.saturating_add(1);
            me.relax_and_sample();
        }
    }

    #[inline]
    fn free(&self, mine: u32) {
        // A later ticket may have moved the head already. The lock is held: nobody else writes it.
        let after = mine.wrapping_add(1);
        if Self::distance(self.head.load(Relaxed), after) > 0 {
            self.head.store(after, Relaxed);
        }
        // Pairs with the acquire in `take`, of whoever holds it next.
        self.taken.store(0, Release);
    }
}

impl Lock for PreemptableTicket {
    #[inline]
    fn new() -> Self {
        Self {
            next: Atomic::new(FIRST_TICKET),
            head: Atomic::new(FIRST_TICKET),
            taken: Atomic::new(0),
        }
    }

    #[inline]
    fn with<R>(&self, me: &Waiter, body: impl FnOnce() -> R) -> R {
        // Taking a ticket orders nothing; the byte does.
        let mine = self.next.fetch_add(1, Relaxed);
        if self.head.load(Relaxed) != mine || !self.take() {
            self.wait(mine, me);
        }
        let r = body();
        self.free(mine);
        r
    }

    #[inline]
    fn try_with<R>(&self, _: &Waiter, body: impl FnOnce() -> R) -> Option<R> {
        let head = self.head.load(Relaxed);
        // A ticket only if none is out, so that nobody who came before is passed.
        if self.next.load(Relaxed) != head || !self.take() {
            return None;
        }
        // Whoever took one since has to wait for the byte.
        let mine = self.next.fetch_add(1, Relaxed);
        let r = body();
        self.free(mine);
        Some(r)
    }
}
