// SPDX-License-Identifier: GPL-2.0

//! Address space: page table and lock, with the page cleared under the lock or before it.
//!
//! `struct mm_struct`, with an exclusive lock for its `mmap_sem`. The kernel's faults took that for
//! reading; what they contended for is, strictly, a lock within it.
//!
//! `outside` looks at the entry before the lock and again under it: another thread may have
//! installed a page meanwhile, and then the clearing was in vain; or it may have unmapped one, and
//! then the page is cleared under the lock after all.

use super::{
    Fault,
    Faults,
    Installed,
    Memory, //
};
use crate::bottleneck::{
    list::bump,
    prelude::*, //
};

/// In an entry: no page.
const NONE: u32 = u32::MAX;

/// An entry of a page table. All accesses are [`Relaxed`]: the lock orders them.
pub struct Entry(Atomic<u32>);

impl Default for Entry {
    fn default() -> Self {
        Self(Atomic::new(NONE))
    }
}

/// An address space; `T` stores its page table.
#[repr(align(128))]
pub struct Space<L, T, M, const OUTSIDE: bool> {
    lock: L,
    table: T,
    memory: M,
    /// How often a page was installed where one was.
    twice: Atomic<u32>,
}

/// The baseline: pages are cleared under the lock.
pub type Inside<L, T, M> = Space<L, T, M, false>;
/// The fix: pages are cleared before the lock, if they seem to be needed.
pub type Outside<L, T, M> = Space<L, T, M, true>;

impl<L, T, M, const OUTSIDE: bool> Space<L, T, M, OUTSIDE>
where
    L: Lock,
    T: Storage<Item = Entry>,
    M: Memory,
{
    /// Creates an address space without pages.
    pub fn new(table: T, memory: M) -> Self {
        Self {
            lock: L::new(),
            table,
            memory,
            twice: Atomic::new(0),
        }
    }

    /// Returns the page at an address; possibly out of date without the lock.
    #[inline(always)]
    fn at(&self, address: u32) -> Option<u32> {
        let frame = self.table.get(address as usize)?.0.load(Relaxed);
        (frame != NONE).then_some(frame)
    }

    /// Returns the result of a fault if there is a page; the lock is held.
    #[inline(always)]
    fn there(&self, address: u32, in_vain: bool) -> Option<Fault> {
        let first = self.memory.first(self.at(address)?);
        Some(Fault::There { first, in_vain })
    }

    /// Installs a page; the lock is held.
    #[inline(always)]
    fn install(&self, address: u32, frame: u32) -> Fault {
        if self.swap(address, frame).is_some() {
            bump(&self.twice);
        }
        Fault::Installed
    }

    /// Sets the entry of an address; returns the page that was there.
    #[inline(always)]
    fn swap(&self, address: u32, frame: u32) -> Option<u32> {
        let was = self.at(address);
        if let Some(entry) = self.table.get(address as usize) {
            entry.0.store(frame, Relaxed);
        }
        was
    }
}

impl<L, T, M, const OUTSIDE: bool> Faults for Space<L, T, M, OUTSIDE>
where
    L: Lock,
    T: Storage<Item = Entry>,
    M: Memory,
{
    #[inline(always)]
    fn fault(&self, me: &Waiter, _: u32, address: u32, frame: u32) -> Fault {
        let cleared = OUTSIDE && self.at(address).is_none();
        if cleared {
            self.memory.clear(frame);
        }
        self.lock.with(me, || {
            if let Some(there) = self.there(address, cleared) {
                return there;
            }
            if !cleared {
                self.memory.clear(frame);
            }
            self.install(address, frame)
        })
    }

    #[inline(always)]
    fn unmap(
        &self,
        me: &Waiter,
        _: u32,
        addresses: impl Iterator<Item = u32>,
        mut see: impl FnMut(u32, Option<u32>),
    ) {
        self.lock.with(me, || {
            for address in addresses {
                see(address, self.swap(address, NONE));
            }
        });
    }

    fn installed(&self) -> Installed {
        let entries = self.table.iter();
        let mapped = entries.filter(|entry| entry.0.load(Relaxed) != NONE);
        Installed {
            pages: mapped.count() as u64,
            twice: self.twice.load(Relaxed).into(),
        }
    }
}
