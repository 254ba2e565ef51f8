// SPDX-License-Identifier: GPL-2.0

//! What threads do to an address space: they fault some pages in, write to them, and unmap them.
//!
//! As `page_fault1` of will-it-scale, the load of Andi Kleen and Tim Chen, "Linux kernel scaling",
//! 2011, but that two threads may fault on one address. Each thread has so many pages of memory as
//! it maps between two unmappings. Whoever installed a page owns it, looks whether it is clear,
//! marks it by its address, and alone unmaps it.

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
    mapped: Atomic<u32>,
    addresses: [Atomic<u32>; N],
    /// Pages that were cleared in vain.
    in_vain: Atomic<u64>,
}

impl<const N: usize> Default for Hand<N> {
    fn default() -> Self {
        Self {
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
}

impl<const N: usize, F, M, H> Work<N, F, M, H>
where
    F: Faults,
    M: Memory,
    H: Deref<Target = [Hand<N>]>,
{
    /// Creates the threads, `hands` of them, with nothing mapped.
    pub fn new(faults: F, memory: M, hands: H) -> Self {
        Self {
            faults,
            memory,
            hands,
        }
    }

    /// Thread `who` faults on `address`, having unmapped all that it had if that was enough; it
    /// looks at all of the page if it is to `look`.
    #[inline(always)]
    pub fn step(&self, me: &Waiter, who: u32, address: u32, look: bool) -> Checked {
        let Some(hand) = self.hands.get(who as usize) else {
            return Ok(());
        };
        let mut checked = Ok(());
        let mut mapped = hand.mapped.load(Relaxed);
        if mapped as usize >= N {
            checked = self.unmap(me, who, hand);
            mapped = 0;
        }
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
                hand.mapped.store(mapped, Relaxed);
            }
        }
        checked
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
