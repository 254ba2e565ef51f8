// SPDX-License-Identifier: GPL-2.0

//! Next unique number, as every new inode needs one.
//!
//! Piggin, "Scaling the Linux VFS", LinuxCon 2009: `last_ino` under `inode_lock`; the numbers of
//! `iunique()` and of sockets. Today's kernel gives each vCPU batches of 1024 (`get_next_ino()` in
//! `fs/inode.c`).
//!
//! | variant | cost of a number |
//! |---|---|
//! | [`Exact`] | an atomic, and its cache line |
//! | `percpu`: [`BatchedIds`] | usually a per-vCPU instruction |
//! | [`Busted`] | a load and a store |
//!
//! No number is given out twice, and none is skipped but the rest of each batch.

mod sums;

use super::prelude::*;
use crate::counter::BatchedIds;

pub use self::sums::Sums;

/// A source of numbers from 0 on.
pub trait Ids: Sync {
    /// Returns a number that was never returned before.
    fn next(&self) -> u64;

    /// Returns the sums of all numbers given out; exact without concurrent calls.
    fn given(&self) -> Sums;
}

impl Ids for BatchedIds {
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

/// One atomic for all vCPUs.
#[derive(Default)]
pub struct Exact(Atomic<u64>);

impl Ids for Exact {
    #[inline(always)]
    fn next(&self) -> u64 {
        // A number carries no other data, so nothing needs to be ordered.
        self.0.fetch_add(1, Relaxed)
    }

    fn given(&self) -> Sums {
        Sums::of(0..self.0.load(Relaxed))
    }
}

/// One word, read and then written: two threads may get the same number. The oracle must catch it.
#[derive(Default)]
pub struct Busted(Atomic<u64>);

impl Ids for Busted {
    #[inline(always)]
    fn next(&self) -> u64 {
        let next = self.0.load(Relaxed);
        // Most of the time passes here, so a vCPU that loses its CPU loses it here.
        cpu_relax();
        self.0.store(next.wrapping_add(1), Relaxed);
        next
    }

    fn given(&self) -> Sums {
        Sums::of(0..self.0.load(Relaxed))
    }
}
