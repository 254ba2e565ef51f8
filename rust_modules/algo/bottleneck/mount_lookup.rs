// SPDX-License-Identifier: GPL-2.0

//! Mount hash table: read by every path walk, rarely written.
//!
//! Boyd-Wickizer et al., "An Analysis of Linux Scalability to Many Cores", OSDI 2010, and Piggin,
//! "Scaling the Linux VFS", LinuxCon 2009: `lookup_mnt()` under `vfsmount_lock`.
//!
//! | variant | a lookup takes | mount and unmount take |
//! |---|---|---|
//! | [`Spinlock`], until 2.6.36 | the one lock | the one lock |
//! | [`Percore`] | nothing on a hit in this vCPU's cache, else the one lock | the one lock; unmount invalidates all caches |
//! | [`Brlock`], 2.6.36 to 3.12 | the lock of this vCPU | the locks of all |
//! | [`Rcu`], 3.13 | nothing | the one lock; the slot is free after a grace period |
//! | [`Busted`] | as `percore`, but fills the cache after unlock | as `percore` |
//!
//! A lookup that begins after an unmount has returned does not find what was unmounted. Today's
//! kernel looks up under RCU, and validates with the sequence count of `mount_lock`
//! (`lookup_mnt()` in `fs/namespace.c`).

mod percore;
mod shared;
mod table;
mod users;

use super::prelude::*;

pub use self::{
    percore::{
        cache_words,
        Busted,
        Percore, //
    },
    shared::{
        Protect,
        Rcu,
        Shared,
        Spinlock, //
    },
    table::{
        Slot,
        Table, //
    },
    users::{
        Point,
        Users, //
    },
};
pub use super::brlock::Brlock;

/// A removed mount, and its slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unmounted {
    /// The mount.
    pub id: u64,
    /// Its slot, reusable as [`Mounts::GRACE`] requires.
    pub slot: u32,
}

/// A table of mounts: at each mount point there is at most one, which has a number, never 0. The
/// caller stays on its vCPU during each call.
pub trait Mounts: Sync {
    /// Whether the slot of a removed mount is free only after a
    /// [grace period](crate::primitive::grace).
    const GRACE: bool = false;

    /// Returns the mount at `point`.
    fn lookup(&self, point: u32, me: &Waiter) -> Option<u64>;

    /// Removes the mount at `point`.
    fn unmount(&self, point: u32, me: &Waiter) -> Option<Unmounted>;

    /// Mounts `id` at `point`, where nothing is, in a free slot that the caller owns.
    fn mount(&self, point: u32, id: u64, slot: u32, me: &Waiter);
}
