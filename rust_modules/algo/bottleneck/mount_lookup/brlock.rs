// SPDX-License-Identifier: GPL-2.0

//! Lookups under the lock of this vCPU, changes under those of all: Piggin's fix of 2009, in the
//! kernel from 2.6.36 to 3.12.

use core::ops::Deref;

use super::{
    Mounts,
    Room,
    Table,
    Unmounted, //
};
use crate::{
    bottleneck::brlock::{
        self,
        Lane, //
    },
    lock::Lock,
    Waiter, //
};

/// A table under a lock for each vCPU.
pub struct Brlock<S, A, L> {
    locks: brlock::Brlock<A, L>,
    table: Table<S>,
}

impl<S, A, L> Brlock<S, A, L>
where
    S: Deref<Target = [Room]>,
    A: Deref<Target = [Lane<L>]>,
    L: Lock,
{
    /// Creates it around a table.
    pub fn new(table: Table<S>, lanes: A) -> Self {
        Self {
            locks: brlock::Brlock::new(lanes),
            table,
        }
    }
}

impl<S, A, L> Mounts for Brlock<S, A, L>
where
    S: Deref<Target = [Room]> + Sync,
    A: Deref<Target = [Lane<L>]> + Sync,
    L: Lock,
{
    const NAME: &'static str = "brlock";

    #[inline]
    fn lookup(&self, point: u32, me: &Waiter) -> Option<u64> {
        self.locks.read(me, || self.table.find(point)).flatten()
    }

    fn unmount(&self, point: u32, me: &Waiter) -> Option<Unmounted> {
        let mut unmounted = None;
        self.locks
            .write(me, &mut || unmounted = self.table.unlink(point));
        unmounted
    }

    fn mount(&self, point: u32, id: u64, room: u32, me: &Waiter) {
        self.locks
            .write(me, &mut || self.table.link(point, id, room));
    }
}
