// SPDX-License-Identifier: GPL-2.0

//! The next unique number, as every new inode needs one.
//!
//! Piggin, "Scaling the Linux VFS", LinuxCon 2009: `last_ino` under `inode_lock`; the numbers of
//! `iunique()` and of sockets. Today's kernel deals them out in batches of 1024 to each vCPU
//! (`get_next_ino()` in `fs/inode.c`).
//!
//! | variant | what a number costs |
//! |---|---|
//! | `exact` | an atomic, and its cache line |
//! | `percpu` | an instruction of one's own, most times: [`BatchedIds`] |
//! | `busted` | a load and a store |
//!
//! What all promise: no number comes twice, and none is left out but the rest of each batch.

mod busted;
mod exact;
mod sums;

use crate::counter::BatchedIds;

pub use self::{
    busted::Busted,
    exact::Exact,
    sums::Sums, //
};

/// A source of numbers from 0 on.
pub trait Ids: Sync {
    /// The name of the variant.
    const NAME: &'static str;

    /// Returns a number that was never returned before.
    fn next(&self) -> u64;

    /// Returns what all numbers that were given out come to; exact while none is.
    fn given(&self) -> Sums;
}

impl Ids for BatchedIds {
    const NAME: &'static str = "percpu";

    #[inline(always)]
    fn next(&self) -> u64 {
        BatchedIds::next(self)
    }

    fn given(&self) -> Sums {
        let all = self.issued().wrapping_add(self.gaps());
        let rests = self.rests().map(Sums::of);
        rests.fold(Sums::of(0..all), Sums::without)
    }
}
