// SPDX-License-Identifier: GPL-2.0

//! What threads do to an address space: they fault some pages in, write to them, and unmap them.
//!
//! As `page_fault1` of will-it-scale, the load of Andi Kleen and Tim Chen, "Linux kernel scaling",
//! 2011: each thread has a part of the addresses, and goes through it in turn; but it may also
//! stray into another's, and then two may fault on one address. After so many faults as it has
//! pages of memory a thread unmaps what it has mapped. Whoever installed a page owns it, looks
//! whether it is clear, marks it by its address, and alone unmaps it.

use core::ops::Deref;

use super::{
    Fault,
    Faults,
    Memory, //
};
use crate::{
    bottleneck::{
        Checked,
        Findings, //
    },
    primitive::{
        Atomic,
        Relaxed, //
    },
    Waiter, //
};

/// What a thread has mapped, `N` pages at most; that thread alone writes it.
#[repr(align(128))]
pub struct Hand<const N: usize> {
    /// Faults since it last unmapped.
    faults: Atomic<u32>,
    /// The next of its own addresses, counted from the first.
    turn: Atomic<u32>,
    mapped: Atomic<u32>,
    addresses: [Atomic<u32>; N],
    /// Pages that were cleared in vain.
    in_vain: Atomic<u64>,
}

impl<const N: usize> Default for Hand<N> {
    fn default() -> Self {
        Self {
            faults: Atomic::new(0),
            turn: Atomic::new(0),
            mapped: Atomic::new(0),
            addresses: core::array::from_fn(|_| Atomic::new(0)),
            in_vain: Atomic::new(0),
        }
    }
}

/// Address spaces and their threads, whose memory is pages by number, `N` for each thread.
pub struct Work<const N: usize, F, M, H> {
    faults: F,
    memory: M,
    hands: H,
    /// Addresses of a thread.
    each: u32,
}

impl<const N: usize, F, M, H> Work<N, F, M, H>
where
    F: Faults,
    M: Memory,
    H: Deref<Target = [Hand<N>]>,
{
    /// Creates the threads, `hands` of them with `each` so many addresses, and nothing mapped.
    pub fn new(faults: F, memory: M, hands: H, each: u32) -> Self {
        Self {
            faults,
            memory,
            hands,
            each,
        }
    }

    /// Thread `who` faults on the next of its addresses, or where it strays to, having unmapped all
    /// that it had if it is time to; it looks at all of a new page if it is to `look`.
    #[inline(always)]
    pub fn step(&self, me: &Waiter, who: u32, stray: Option<u32>, look: bool) -> Checked {
        let Some(hand) = self.hands.get(who as usize) else {
            return Ok(());
        };
        let mut checked = Ok(());
        let mut faults = hand.faults.load(Relaxed);
        if faults as usize >= N {
            checked = self.unmap(me, who, hand);
            faults = 0;
        }
        hand.faults.store(faults.wrapping_add(1), Relaxed);
        let address = stray.unwrap_or_else(|| self.next_of(who, hand));
        let mapped = hand.mapped.load(Relaxed);
        let frame = first_of::<N>(who).wrapping_add(mapped);
        match self.faults.fault(me, who, address, frame) {
            Fault::Installed => {
                if look && !self.memory.is_clear(frame) {
                    checked = Err("page_not_clear");
                }
                self.memory.mark(frame, mark(address));
                if let Some(slot) = hand.addresses.get(mapped as usize) {
                    slot.store(address, Relaxed);
                }
                hand.mapped.store(mapped.wrapping_add(1), Relaxed);
            }
            Fault::There { first, in_vain } => {
                // It is clear, or marked already.
                if first != 0 && first != mark(address) {
                    checked = Err("page_of_another");
                }
                let lost = u64::from(in_vain);
                let all = hand.in_vain.load(Relaxed).wrapping_add(lost);
                hand.in_vain.store(all, Relaxed);
            }
        }
        checked
    }

    /// Returns the next of the thread's addresses.
    #[inline(always)]
    fn next_of(&self, who: u32, hand: &Hand<N>) -> u32 {
        let turn = hand.turn.load(Relaxed);
        let next = turn.wrapping_add(1);
        hand.turn
            .store(if next < self.each { next } else { 0 }, Relaxed);
        who.wrapping_mul(self.each).wrapping_add(turn)
    }

    /// Unmaps all that the thread has mapped.
    fn unmap(&self, me: &Waiter, who: u32, hand: &Hand<N>) -> Checked {
        let mapped = hand.mapped.load(Relaxed) as usize;
        let addresses = hand.addresses.iter().take(mapped);
        let mut due = first_of::<N>(who);
        let mut checked = Ok(());
        let addresses = addresses.map(|address| address.load(Relaxed));
        self.faults.unmap(me, who, addresses, |_, frame| {
            if frame != Some(due) {
                checked = Err("page_lost");
            }
            due = due.wrapping_add(1);
        });
        hand.mapped.store(0, Relaxed);
        checked
    }

    /// Returns how many pages were cleared in vain.
    pub fn in_vain(&self) -> u64 {
        let each = self.hands.iter().map(|hand| hand.in_vain.load(Relaxed));
        each.fold(0, u64::wrapping_add)
    }

    /// Tells, once all threads have left, what must be true then.
    pub fn settle(&self, to: Findings<'_>) {
        let each = self.hands.iter().map(|hand| hand.mapped.load(Relaxed));
        let mapped = each.fold(0, |sum, mapped| u64::from(mapped).saturating_add(sum));
        self.faults.settle(mapped, to);
    }
}

/// The first of the pages of thread `who`.
fn first_of<const N: usize>(who: u32) -> u32 {
    who.wrapping_mul(N as u32)
}

/// What is written to a page at `address`; never zero.
fn mark(address: u32) -> u64 {
    u64::from(address).wrapping_add(1)
}
