// SPDX-License-Identifier: GPL-2.0

//! Page faults of an address space: a page is cleared and installed under one lock.
//!
//! Kleen and Chen, "Linux kernel scaling", 2011: threads fault under the `mmap_sem` that they share,
//! and hold it mostly to clear pages. Processes have one each, and scale; clearing before the lock
//! was to let threads scale as well.
//!
//! | variant | a page is cleared | address spaces |
//! |---|---|---|
//! | [`Inside`] | under the lock | one |
//! | [`Outside`] | "predictively", before the lock; in vain if another thread was faster | one |
//! | [`Processes`] | under the lock | one per thread |
//!
//! Today's kernel does `outside`: `do_anonymous_page()` clears before it locks the page table, and
//! since 6.4 most faults lock their mapping only.

mod processes;
mod space;
mod users;

use super::prelude::*;

pub use self::{
    processes::Processes,
    space::{
        Entry,
        Inside,
        Outside,
        Space, //
    },
    users::{
        Mapped,
        Users, //
    },
};

/// Pages of memory, by frame number. A caller owns the frames it passes.
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

/// The result of a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The caller's page was installed.
    Installed,
    /// Another page was installed already.
    There {
        /// Its first word.
        first: u64,
        /// The caller's page was cleared in vain.
        in_vain: bool,
    },
}

/// What is installed in address spaces.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Installed {
    /// Pages in place.
    pub pages: u64,
    /// How often a page was installed where one was.
    pub twice: u64,
}

/// Address spaces that faults fill.
pub trait Faults: Sync {
    /// Handles a fault of thread `who` on `address`, for which it owns the page `frame`.
    fn fault(&self, me: &Waiter, who: u32, address: u32, frame: u32) -> Fault;

    /// Unmaps addresses that thread `who` had mapped; calls `see` with each and its page.
    fn unmap(
        &self,
        me: &Waiter,
        who: u32,
        addresses: impl Iterator<Item = u32>,
        see: impl FnMut(u32, Option<u32>),
    );

    /// Returns what is installed after all threads have left.
    fn installed(&self) -> Installed;
}
