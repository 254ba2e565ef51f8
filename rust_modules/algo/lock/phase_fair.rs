// SPDX-License-Identifier: GPL-2.0

//! The phase-fair ticket lock, PF-T: phases of readers and of one writer take turns while both wait.
//!
//! Brandenburg and Anderson, "Spin-based reader-writer synchronization for multiprocessor real-time
//! systems", Real-Time Systems 46, 2010.
//!
//! ```text
//!   arrived   readers that came ───────── | present | phase     bits of the writer at the head
//!   left      readers that have left ──── | 0       | 0
//!   next, serving                           tickets of writers
//!   phase                                   that of the next writer at the head
//!
//!   W1 inside │ readers: inside, all that came while W1 was │ W2 inside │ …
//! ```
//!
//! A writer takes a ticket, and at the head of the writers puts its bits below the readers' count. That
//! divides the readers: those who came before it are waited for, `left` having to reach the count, and
//! those who come after it wait for its bits to *change*. They change when the writer leaves, even if the
//! next writer is at the head before a reader looks, since two writers in a row differ in `phase`. So a
//! reader waits for one writer at most, and a writer for the writers ahead of it and one phase of readers
//! before each.
//!
//! Different from the paper: the counts begin shortly before their wrap-around, so that every run passes it;
//! the trylock, which the paper does not have, takes a ticket that is being served and gives it up if a
//! reader is inside. A ticket that was given up has put no bits there, so the phase is not the low bit of
//! the ticket as in the paper: the writers before it and after it would have the same bits, and a reader
//! that missed the change would wait for the writer that waits for it.

use super::FIRST_TICKET;
use crate::prelude::*;

/// Readers share; writers are served in order of arrival, in turns with readers.
pub struct PhaseFair {
    arrived: Atomic<u32>,
    left: Atomic<u32>,
    next: Atomic<u32>,
    serving: Atomic<u32>,
    /// Only the writer at the head accesses it.
    phase: Atomic<u32>,
}

/// What a writer keeps for the release: its ticket, and its bits.
type Held = (u32, u32);

/// A writer is at the head.
const PRESENT: u32 = 2;
/// It differs from the writer before.
const PHASE: u32 = 1;
const WRITER: u32 = PRESENT | PHASE;
const READER: u32 = 4;

const FIRST_READER: u32 = FIRST_TICKET.wrapping_mul(READER);

impl PhaseFair {
    #[inline]
    fn serves(&self, mine: u32) -> bool {
        // Pairs with the release in `leave`, of the writer before.
        self.serving.load(Acquire) == mine
    }

    /// Whether as many readers have left as had arrived.
    #[inline]
    fn have_left(&self, arrived: u32) -> bool {
        // Pairs with the release of each reader in `with_shared`.
        self.left.load(Acquire) == arrived
    }

    /// Returns the bits of the writer at the head.
    #[inline]
    fn bits(&self) -> u32 {
        // Handed on with the ticket, as `serves` has it.
        PRESENT | self.phase.load(Relaxed)
    }

    /// Waits for the writers ahead and for the readers that came before.
    #[inline]
    fn acquire(&self, me: &Waiter) -> Held {
        // Taking a ticket orders nothing; being served does.
        let mine = self.next.fetch_add(1, Relaxed);
        let served = self.serves(mine);
        if !served {
            me.begin_wait();
            me.spin_until(|| self.serves(mine));
        }
        // No other writer's bits are there. Orders nothing: the readers before it are waited for, and
        // those after it wait for `leave`.
        let bits = self.bits();
        let arrived = self.arrived.fetch_add(bits, Relaxed);
        if !self.have_left(arrived) {
            if served {
                me.begin_wait();
            }
            me.spin_until(|| self.have_left(arrived));
        }
        (mine, bits)
    }

    #[inline]
    fn release(&self, (mine, bits): Held) {
        // Pairs with the acquires of readers in `with_shared`.
        self.arrived.fetch_sub(bits, Release);
        self.phase.store((bits & PHASE) ^ PHASE, Relaxed);
        self.leave(mine);
    }

    /// Serves the next writer.
    #[inline]
    fn leave(&self, mine: u32) {
        // Pairs with the acquire in `serves`. Tickets wrap around.
        self.serving.store(mine.wrapping_add(1), Release);
    }
}

impl Lock for PhaseFair {
    const SHARES: bool = true;

    #[inline]
    fn new() -> Self {
        Self {
            arrived: Atomic::new(FIRST_READER),
            left: Atomic::new(FIRST_READER),
            next: Atomic::new(FIRST_TICKET),
            serving: Atomic::new(FIRST_TICKET),
            phase: Atomic::new(0),
        }
    }

    #[inline]
    fn with<R>(&self, me: &Waiter, body: impl FnOnce() -> R) -> R {
        let held = self.acquire(me);
        let r = body();
        self.release(held);
        r
    }

    #[inline]
    fn with_shared<R>(&self, me: &Waiter, body: impl FnOnce() -> R) -> R {
        // Pairs with the release in `release`, of the last writer if none is at the head.
        let writer = self.arrived.fetch_add(READER, Acquire) & WRITER;
        if writer != 0 {
            me.begin_wait();
            // Pairs with the same, of the writer waited for.
            me.spin_until(|| self.arrived.load(Acquire) & WRITER != writer);
        }
        let r = body();
        // Pairs with the acquire in `have_left`, of the next writer.
        self.left.fetch_add(READER, Release);
        r
    }

    #[inline]
    fn try_with<R>(&self, _: &Waiter, body: impl FnOnce() -> R) -> Option<R> {
        // As in `serves`: if that ticket can still be had, it is being served.
        let mine = self.serving.load(Acquire);
        self.next
            .cmpxchg(mine, mine.wrapping_add(1), Relaxed)
            .ok()?;
        // As in `have_left`: if no more have arrived by the exchange, no reader is inside.
        let left = self.left.load(Acquire);
        let bits = self.bits();
        let present = left.wrapping_add(bits);
        if self.arrived.cmpxchg(left, present, Relaxed).is_err() {
            self.leave(mine);
            return None;
        }
        let r = body();
        self.release((mine, bits));
        Some(r)
    }
}
