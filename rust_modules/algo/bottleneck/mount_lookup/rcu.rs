// SPDX-License-Identifier: GPL-2.0

//! Lookups without a lock. loom explores the chains and the twin of RCU; the grace periods of the
//! kernel itself are tested only.
//!
//! Al Viro, "RCU'd vfsmounts", 2013, in Linux 3.13. Without his sequence count: what is found is
//! not kept beyond the read section here, so there is nothing to take back.

use core::ops::Deref;

use super::{
    Mounts,
    Room,
    Table,
    Unmounted, //
};
use crate::{
    lock::Lock,
    primitive::rcu,
    Waiter, //
};

/// A table whose readers are RCU's.
pub struct Rcu<S, L> {
    lock: L,
    table: Table<S>,
}

impl<S: Deref<Target = [Room]>, L: Lock> Rcu<S, L> {
    /// Creates it around a table.
    pub fn new(table: Table<S>) -> Self {
        Self {
            lock: L::new(),
            table,
        }
    }
}

impl<S: Deref<Target = [Room]> + Sync, L: Lock> Mounts for Rcu<S, L> {
    const NAME: &'static str = "rcu";
    const GRACE: bool = true;

    #[inline]
    fn lookup(&self, point: u32, _: &Waiter) -> Option<u64> {
        rcu(|| self.table.find(point))
    }

    fn unmount(&self, point: u32, me: &Waiter) -> Option<Unmounted> {
        self.lock.with(me, || self.table.unlink(point))
    }

    fn mount(&self, point: u32, id: u64, room: u32, me: &Waiter) {
        self.lock.with(me, || self.table.link(point, id, room));
    }
}
