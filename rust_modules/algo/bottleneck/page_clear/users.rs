// SPDX-License-Identifier: GPL-2.0

//! Threads that fault pages in, write to them and unmap them, and the oracle that checks each page.
//!
//! As `page_fault1` of will-it-scale, the load of Kleen and Chen, "Linux kernel scaling", 2011: each
//! thread faults on its part of the addresses in turn, and sometimes strays into another part, so
//! two threads may fault on one address. After as many faults as it has pages of memory, a thread
//! unmaps its pages. The thread that installed a page owns it: it checks that the page is clear,
//! marks it with its address, and alone unmaps it.

use super::{
    Fault,
    Faults,
    Memory, //
};
use crate::bottleneck::prelude::*;

/// The addresses that a thread has mapped, at most `N`; written by that thread only.
#[repr(align(128))]
pub struct Mapped<const N: usize> {
    /// Faults since the last unmap.
    faults: Atomic<u32>,
    /// The next address of its part, counted from the first.
    turn: Atomic<u32>,
    count: Atomic<u32>,
    addresses: [Atomic<u32>; N],
    /// Pages that were cleared in vain.
    in_vain: Atomic<u64>,
}

impl<const N: usize> Default for Mapped<N> {
    fn default() -> Self {
        Self {
            faults: Atomic::new(0),
            turn: Atomic::new(0),
            count: Atomic::new(0),
            addresses: core::array::from_fn(|_| Atomic::new(0)),
            in_vain: Atomic::new(0),
        }
    }
}

/// Address spaces and their threads, each of which has `N` pages of memory.
pub struct Users<const N: usize, F, M, H> {
    faults: F,
    memory: M,
    threads: H,
    /// Addresses of a thread.
    each: u32,
}

impl<const N: usize, F, M, H> Users<N, F, M, H>
where
    F: Faults,
    M: Memory,
    H: Storage<Item = Mapped<N>>,
{
    /// Creates the threads, each with `each` addresses and nothing mapped.
    pub fn new(faults: F, memory: M, threads: H, each: u32) -> Self {
        Self {
            faults,
            memory,
            threads,
            each,
        }
    }

    /// Unmaps the pages of thread `who` if it has used all; then faults on its next address, or on
    /// `stray`. With `look` it checks all of a new page.
    #[inline(always)]
    pub fn step(&self, me: &Waiter, who: u32, stray: Option<u32>, look: bool) -> Checked {
        let Some(mine) = self.threads.get(who as usize) else {
            return Ok(());
        };
        let mut checked = Ok(());
        let mut faults = mine.faults.load(Relaxed);
        if faults as usize >= N {
            checked = self.unmap(me, who, mine);
            faults = 0;
        }
        mine.faults.store(faults.wrapping_add(1), Relaxed);
        let address = stray.unwrap_or_else(|| self.next_of(who, mine));
        let mapped = mine.count.load(Relaxed);
        let frame = first_of::<N>(who).wrapping_add(mapped);
        match self.faults.fault(me, who, address, frame) {
            Fault::Installed => {
                if look && !self.memory.is_clear(frame) {
                    checked = Err("page_not_clear");
                }
                self.memory.mark(frame, mark(address));
                if let Some(slot) = mine.addresses.get(mapped as usize) {
                    slot.store(address, Relaxed);
                }
                mine.count.store(mapped.wrapping_add(1), Relaxed);
            }
            Fault::There { first, in_vain } => {
                // The page is clear, or marked already.
                if first != 0 && first != mark(address) {
                    checked = Err("page_of_another");
                }
                let all = mine.in_vain.load(Relaxed).wrapping_add(in_vain.into());
                mine.in_vain.store(all, Relaxed);
            }
        }
        checked
    }

    /// Returns the next address of the thread's part.
    #[inline(always)]
    fn next_of(&self, who: u32, mine: &Mapped<N>) -> u32 {
        let turn = mine.turn.load(Relaxed);
        let next = turn.wrapping_add(1);
        let next = if next < self.each { next } else { 0 };
        mine.turn.store(next, Relaxed);
        who.wrapping_mul(self.each).wrapping_add(turn)
    }

    /// Unmaps all pages of the thread.
    fn unmap(&self, me: &Waiter, who: u32, mine: &Mapped<N>) -> Checked {
        let mapped = mine.count.load(Relaxed) as usize;
        let addresses = mine.addresses.iter().take(mapped);
        let mut due = first_of::<N>(who);
        let mut checked = Ok(());
        let addresses = addresses.map(|address| address.load(Relaxed));
        self.faults.unmap(me, who, addresses, |_, frame| {
            if frame != Some(due) {
                checked = Err("page_lost");
            }
            due = due.wrapping_add(1);
        });
        mine.count.store(0, Relaxed);
        checked
    }

    /// Returns how many pages were cleared in vain.
    pub fn in_vain(&self) -> u64 {
        let each = self.threads.iter().map(|mine| mine.in_vain.load(Relaxed));
        each.fold(0, u64::wrapping_add)
    }

    /// Checks, after all threads have left, that each mapped page is installed once.
    pub fn audit(&self, to: Findings<'_>) {
        let each = self.threads.iter().map(|mine| mine.count.load(Relaxed));
        let mapped = each.fold(0, |sum, count| u64::from(count).saturating_add(sum));
        let installed = self.faults.installed();
        to("pages_mapped", installed.pages, mapped);
        to("installed_twice", installed.twice, 0);
    }
}

/// Returns the first page of memory of thread `who`.
fn first_of<const N: usize>(who: u32) -> u32 {
    who.wrapping_mul(N as u32)
}

/// Returns the mark of a page at `address`; never zero.
fn mark(address: u32) -> u64 {
    u64::from(address).wrapping_add(1)
}
