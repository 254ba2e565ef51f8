// SPDX-License-Identifier: GPL-2.0

//! As `percore`, but a vCPU remembers what it found when it holds the lock no longer. Between the
//! two somebody may unmount, and make all forget: then it remembers what is gone.

use core::ops::Deref;

use super::{
    Mounts,
    Percore,
    Room,
    Table,
    Unmounted, //
};
use crate::{
    lock::Lock,
    primitive::{
        cpu_relax,
        Atomic, //
    },
    Waiter, //
};

/// A table under one lock, and what each vCPU remembers of it, or ought to have forgotten.
pub struct Busted<S, M, L>(Percore<S, M, L>);

impl<S, M, L> Busted<S, M, L>
where
    S: Deref<Target = [Room]>,
    M: Deref<Target = [Atomic<u64>]>,
    L: Lock,
{
    /// As [`Percore::new`].
    pub fn new(table: Table<S>, memory: M, points: u32) -> Self {
        Self(Percore::new(table, memory, points))
    }
}

impl<S, M, L> Mounts for Busted<S, M, L>
where
    S: Deref<Target = [Room]> + Sync,
    M: Deref<Target = [Atomic<u64>]> + Sync,
    L: Lock,
{
    const NAME: &'static str = "busted";

    #[inline]
    fn lookup(&self, point: u32, me: &Waiter) -> Option<u64> {
        let Self(mounts) = self;
        mounts.remembered(point).or_else(|| {
            let found = mounts.lock.with(me, || mounts.table.find(point));
            // Most of the time goes by here, so that a vCPU that loses its CPU loses it here.
            cpu_relax();
            mounts.remember(point, found);
            found
        })
    }

    fn unmount(&self, point: u32, me: &Waiter) -> Option<Unmounted> {
        self.0.unmount(point, me)
    }

    fn mount(&self, point: u32, id: u64, room: u32, me: &Waiter) {
        self.0.mount(point, id, room, me);
    }
}
