// SPDX-License-Identifier: GPL-2.0

//! A table of what is mounted where, which every path walk looks into and hardly anybody changes.
//!
//! Boyd-Wickizer et al., "An Analysis of Linux Scalability to Many Cores", OSDI 2010, and Piggin,
//! "Scaling the Linux VFS", LinuxCon 2009: `lookup_mnt()` under `vfsmount_lock`.
//!
//! | variant | looking up | mounting and unmounting |
//! |---|---|---|
//! | `spinlock` | the one lock | the one lock |
//! | `percore` | what this vCPU remembers, else the one lock | the one lock; all vCPUs forget |
//! | `brlock` | the lock of this vCPU | the locks of all |
//! | `rcu` | none | the one lock; what was unmounted is free after a grace period |
//! | `busted` | as `percore`, but remembers when the lock is no longer held | the same |
//!
//! What all promise: a lookup that begins when an unmount has returned does not find what was
//! unmounted. Today's kernel looks up under RCU, and asks a sequence count of `mount_lock` whether
//! to believe it (`lookup_mnt()` in `fs/namespace.c`).

mod brlock;
mod busted;
mod percore;
mod rcu;
mod spinlock;
mod table;
mod witness;

use crate::Waiter;

pub use self::{
    brlock::Brlock,
    busted::Busted,
    percore::{
        memory,
        Percore, //
    },
    rcu::Rcu,
    spinlock::Spinlock,
    table::{
        Room,
        Table, //
    },
    witness::{
        Point,
        Witness, //
    },
};

/// What was unmounted, and the room it took, which may be used again once that is free.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unmounted {
    /// The mount.
    pub id: u64,
    /// Its room.
    pub room: u32,
}

/// A table of mounts: at each of some points there may be one, which has a number, never 0. The
/// caller stays on its vCPU meanwhile.
pub trait Mounts: Sync {
    /// The name of the variant.
    const NAME: &'static str;
    /// Whether the room of what was unmounted is free only after a
    /// [grace period](crate::primitive::grace); else it is at once.
    const GRACE: bool = false;

    /// Returns what is mounted at `point`.
    fn lookup(&self, point: u32, me: &Waiter) -> Option<u64>;

    /// Takes away what is mounted at `point`.
    fn unmount(&self, point: u32, me: &Waiter) -> Option<Unmounted>;

    /// Mounts `id` at `point`, where nothing is, in a room that is free and the caller's.
    fn mount(&self, point: u32, id: u64, room: u32, me: &Waiter);
}
