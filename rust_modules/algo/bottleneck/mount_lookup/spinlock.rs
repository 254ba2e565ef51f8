// SPDX-License-Identifier: GPL-2.0

//! One lock around all, as `vfsmount_lock` was until 2.6.36.

use core::ops::Deref;

use super::{
    Mounts,
    Room,
    Table,
    Unmounted, //
};
use crate::{
    lock::Lock,
    Waiter, //
};

/// A table under one lock.
pub struct Spinlock<S, L> {
    lock: L,
    table: Table<S>,
}

impl<S: Deref<Target = [Room]>, L: Lock> Spinlock<S, L> {
    /// Creates it around a table.
    pub fn new(table: Table<S>) -> Self {
        Self {
            lock: L::new(),
            table,
        }
    }
}

impl<S: Deref<Target = [Room]> + Sync, L: Lock> Mounts for Spinlock<S, L> {
    const NAME: &'static str = "spinlock";

    #[inline]
    fn lookup(&self, point: u32, me: &Waiter) -> Option<u64> {
        self.lock.with(me, || self.table.find(point))
    }

    fn unmount(&self, point: u32, me: &Waiter) -> Option<Unmounted> {
        self.lock.with(me, || self.table.unlink(point))
    }

    fn mount(&self, point: u32, id: u64, room: u32, me: &Waiter) {
        self.lock.with(me, || self.table.link(point, id, room));
    }
}
