// SPDX-License-Identifier: GPL-2.0

//! An address space: its page table, and the lock of it all.
//!
//! `struct mm_struct`, its `mmap_sem` a lock that excludes. Faults took that for reading, so what
//! is fought over here is, to be exact, what they then fought over within it.

use core::ops::Deref;

use super::{
    Fault,
    Memory, //
};
use crate::{
    bottleneck::list::bump,
    lock::Lock,
    primitive::{
        Atomic,
        Relaxed, //
    },
    Waiter, //
};

/// In an entry: no page.
const NONE: u32 = u32::MAX;

/// An entry of a page table. All is written [`Relaxed`]: the lock orders it.
pub struct Entry(Atomic<u32>);

impl Default for Entry {
    fn default() -> Self {
        Self(Atomic::new(NONE))
    }
}

/// An address space; `T` is storage for its page table.
#[repr(align(128))]
pub struct Space<L, T, M> {
    lock: L,
    table: T,
    memory: M,
    /// How often a page was installed where one was.
    twice: Atomic<u32>,
}

impl<L, T, M> Space<L, T, M>
where
    L: Lock,
    T: Deref<Target = [Entry]>,
    M: Memory,
{
    /// Creates an address space with nothing in place.
    pub fn new(table: T, memory: M) -> Self {
        Self {
            lock: L::new(),
            table,
            memory,
            twice: Atomic::new(0),
        }
    }

    /// Runs `body` while holding the lock.
    #[inline(always)]
    pub(super) fn with<R>(&self, me: &Waiter, body: impl FnOnce() -> R) -> R {
        self.lock.with(me, body)
    }

    /// Returns the page at an address; old news without the lock.
    #[inline(always)]
    pub(super) fn at(&self, address: u32) -> Option<u32> {
        let frame = self.table.get(address as usize)?.0.load(Relaxed);
        (frame != NONE).then_some(frame)
    }

    /// Clears a page.
    #[inline(always)]
    pub(super) fn clear(&self, frame: u32) {
        self.memory.clear(frame);
    }

    /// What a fault comes to if there is a page; the lock is held.
    #[inline(always)]
    pub(super) fn there(&self, address: u32, in_vain: bool) -> Option<Fault> {
        let first = self.memory.first(self.at(address)?);
        Some(Fault::There { first, in_vain })
    }

    /// Installs a page; the lock is held.
    #[inline(always)]
    pub(super) fn install(&self, address: u32, frame: u32) -> Fault {
        if self.swap(address, frame).is_some() {
            bump(&self.twice);
        }
        Fault::Installed
    }

    /// Puts what is to be at an address; returns what was there.
    #[inline(always)]
    fn swap(&self, address: u32, frame: u32) -> Option<u32> {
        let was = self.at(address);
        if let Some(entry) = self.table.get(address as usize) {
            entry.0.store(frame, Relaxed);
        }
        was
    }

    /// Unmaps addresses, and calls `see` with each and its page.
    #[inline(always)]
    pub(super) fn unmap(
        &self,
        me: &Waiter,
        addresses: impl Iterator<Item = u32>,
        mut see: impl FnMut(u32, Option<u32>),
    ) {
        self.with(me, || {
            for address in addresses {
                see(address, self.swap(address, NONE));
            }
        });
    }

    /// Returns how many pages are in place, and how often one was installed where one was.
    pub(super) fn settle(&self) -> (u64, u64) {
        let mapped = self
            .table
            .iter()
            .filter(|entry| entry.0.load(Relaxed) != NONE);
        (mapped.count() as u64, self.twice.load(Relaxed).into())
    }
}
