// SPDX-License-Identifier: GPL-2.0

//! Page faults of one address space: a page is cleared, and then installed, under one lock.
//!
//! Andi Kleen and Tim Chen, "Linux kernel scaling", 2011: threads fault under the `mmap_sem` that
//! they share, and most of the time that it is held goes into clearing the page. Processes have
//! one each, and so scale; clearing ahead of the lock was to let threads scale as well.
//!
//! | file | cleared | address spaces |
//! |---|---|---|
//! | `inside` | under the lock | one |
//! | `outside` | before the lock is taken, and in vain if another thread was faster | one |
//! | `processes` | under the lock | one for each thread |
//!
//! Today's kernel does `outside`: `do_anonymous_page()` clears before it locks the page table, and
//! since 6.4 most faults lock their mapping alone.

mod inside;
mod outside;
mod processes;
mod space;
mod work;

pub use self::{
    inside::Inside,
    outside::Outside,
    processes::Processes,
    space::{
        Entry,
        Space, //
    },
    work::{
        Hand,
        Work, //
    },
};

use super::Findings;
use crate::Waiter;

/// Pages of real memory, by number. Whoever has one does with it what he likes.
pub trait Memory: Sync {
    /// Clears the page.
    fn clear(&self, frame: u32);

    /// Returns whether every byte of the page is zero.
    fn is_clear(&self, frame: u32) -> bool;

    /// Writes `mark` to the first word of the page and to the last.
    fn mark(&self, frame: u32, mark: u64);

    /// Returns the first word of the page.
    fn first(&self, frame: u32) -> u64;
}

/// What came of a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The caller's page was installed.
    Installed,
    /// Another one was there.
    There {
        /// The first word of it.
        first: u64,
        /// The caller's was cleared in vain.
        in_vain: bool,
    },
}

/// Address spaces that fill by faults.
pub trait Faults: Sync {
    /// The name of the variant.
    const NAME: &'static str;

    /// A fault of thread `who` on an address, for which it has a page of memory.
    fn fault(&self, me: &Waiter, who: u32, address: u32, frame: u32) -> Fault;

    /// Unmaps addresses that thread `who` had mapped, and calls `see` with each and its page.
    fn unmap(
        &self,
        me: &Waiter,
        who: u32,
        addresses: impl Iterator<Item = u32>,
        see: impl FnMut(u32, Option<u32>),
    );

    /// Tells, once all threads have left with `mapped` pages in place, what must be true then.
    fn settle(&self, mapped: u64, to: Findings<'_>);
}
