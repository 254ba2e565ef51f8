// SPDX-License-Identifier: GPL-2.0

//! The paravirt ticket lock: a ticket lock whose waiters may halt, as one bit of the tail shows.
//!
//! Jeremy Fitzhardinge, "Paravirtualized ticket spinlocks", 2011; in the kernel from 3.12 to 4.1.
//!
//! ```text
//!   tail   next ticket ──────────── | slow     a ticket is 2, the low bit is set while a waiter halts
//!   head   ticket being served ──── | 0
//! ```
//!
//! Taking a ticket and being served are those of `ticket`. A waiter that exhausts its spin threshold
//! enters `lock_spinning`: it leaves its vCPU's number in the slot of its ticket, sets the slow bit,
//! reads the head again, and halts. The holder reads the bit after serving the next; if it is set,
//! `unlock_kick` finds the vCPU to wake in the slot of the ticket now served, and clears the bit once
//! no waiter is left. A ticket names its slot, so there is no table of vCPUs to walk as in the kernel's.
//! A waiter that finds its slot in use, there being more waiters than slots, goes on spinning, and takes its
//! CPU from the one that is served next: so there are as many slots as vCPUs. The order is strict: while
//! the served waiter is preempted, the lock is idle.

use super::FIRST_TICKET;
use crate::prelude::*;

/// Serves in order of arrival; up to `SLOTS` waiters, a power of two, can halt: by default as many as
/// vCPUs that a guest of the lab may have.
pub struct PvTicket<const SLOTS: usize = 256> {
    tail: Atomic<u32>,
    head: Atomic<u32>,
    /// The vCPU that halts for a ticket: its number plus one, or 0.
    slots: [Atomic<u32>; SLOTS],
}

const SLOW: u32 = 1;
const TICKET: u32 = 2;

impl<const SLOTS: usize> PvTicket<SLOTS> {
    #[inline]
    fn serves(&self, mine: u32) -> bool {
        // Pairs with the release in `release`, of the ticket before.
        self.head.load(Acquire) == mine
    }

    /// Clears the bit if no thread waits, or wakes the vCPU that halts for the ticket now `served`.
    #[inline(never)]
    fn unlock_kick(&self, served: u32, me: &Waiter) {
        // Nothing to order: a waiter that sets the bit again reads the head after that.
        if self.tail.cmpxchg(served | SLOW, served, Relaxed).is_ok() {
            return;
        }
        let slot = self.slot(served).map_or(0, |slot| slot.load(Relaxed));
        // A slot that was reused meanwhile names another vCPU, which wakes up spuriously.
        if let Some(vcpu) = slot.checked_sub(1).and_then(Vcpu::numbered) {
            me.events.kicks.bump();
            me.events.pv_kick_unlock.bump();
            vcpu.kick();
        }
    }

    #[inline]
    fn slot(&self, ticket: u32) -> Option<&Atomic<u32>> {
        self.slots.get((ticket / TICKET) as usize & (SLOTS - 1))
    }

    /// Waits for `mine` to be served.
    #[inline(always)]
    fn wait(&self, mine: u32, me: &Waiter) {
        me.begin_wait();
        loop {
            let served = me.spin_for(me.tuning.threshold, || self.serves(mine));
            if served.is_some() || self.lock_spinning(mine, me) {
                return;
            }
            me.relax_and_sample();
        }
    }

    /// Halts until `mine` is served; if its slot is in use, returns at once, and whether it is served.
    #[inline(never)]
    fn lock_spinning(&self, mine: u32, me: &Waiter) -> bool {
        let vcpu = Vcpu::current().number().wrapping_add(1);
        let slot = self.slot(mine);
        // Nothing to order yet: the exchange below comes before the load of the head.
        let Some(slot) = slot.filter(|slot| slot.cmpxchg(0, vcpu, Relaxed).is_ok()) else {
            return self.serves(mine);
        };
        loop {
            let tail = self.tail.load(Relaxed);
            // Pairs with the fence in `release`, as said there. Done also if the bit is set, so
            // that a holder that sees the bit sees the slot.
            if self.tail.cmpxchg(tail, tail | SLOW, Full).is_ok() {
                break;
            }
        }
        self.halt(mine, me);
        // A holder that still reads it would cause a spurious wake-up.
        slot.store(0, Relaxed);
        true
    }

    fn halt(&self, mine: u32, me: &Waiter) {
        let mut halted = false;
        loop {
            // As in `serves`.
            let head = self.head.load(Acquire);
            if head == mine {
                return;
            }
            if halted {
                me.events.pv_wait_again.bump();
            }
            if head.wrapping_add(TICKET) == mine {
                me.events.pv_wait_head.bump();
            } else {
                me.events.pv_wait_node.bump();
            }
            me.events.halts.bump();
            Vcpu::halt_while(&self.head, head);
            if self.head.load(Relaxed) == head {
                me.events.pv_spurious_wakeup.bump();
            }
            halted = true;
        }
    }
}

impl<const SLOTS: usize> RawLock for PvTicket<SLOTS> {
    type Token = u32;

    #[inline]
    fn new() -> Self {
        Self {
            tail: Atomic::new(FIRST_TICKET & !SLOW),
            head: Atomic::new(FIRST_TICKET & !SLOW),
            slots: core::array::from_fn(|_| Atomic::new(0)),
        }
    }

    #[inline(always)]
    fn acquire(&self, me: &Waiter) -> u32 {
        // Taking a ticket orders nothing; being served does.
        let mine = self.tail.fetch_add(TICKET, Relaxed) & !SLOW;
        if !self.serves(mine) {
            self.wait(mine, me);
        }
        mine
    }

    #[inline]
    fn try_acquire(&self, _: &Waiter) -> Option<u32> {
        // As in `serves`: if that ticket can still be had, it is being served. The bit is clear
        // when the lock is free, or about to be cleared.
        let mine = self.head.load(Acquire);
        let next = mine.wrapping_add(TICKET);
        self.tail.cmpxchg(mine, next, Relaxed).ok()
    }

    #[inline(always)]
    fn release(&self, mine: u32, me: &Waiter) {
        let served = mine.wrapping_add(TICKET);
        // Pairs with the acquire in `serves`, of the next ticket's thread. Stored, as a ticket
        // lock does, and fenced after it: a full addition would hand over later.
        self.head.store(served, Release);
        // Pairs with the exchange in `lock_spinning` that sets the bit: either we see the bit, or
        // that waiter sees that it is served.
        smp_mb();
        if self.tail.load(Relaxed) & SLOW != 0 {
            self.unlock_kick(served, me);
        }
    }
}
