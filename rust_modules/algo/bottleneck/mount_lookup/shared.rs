// SPDX-License-Identifier: GPL-2.0

//! A mount table that every vCPU reads, and what protects it: a spinlock, a brlock, or RCU.
//!
//! `vfsmount_lock`; Piggin's brlock of 2009; and Al Viro, "RCU'd vfsmounts", 2013. Lookups under RCU
//! lack its sequence count: a result is not kept beyond the read section here, so there is nothing
//! to validate. loom explores the chains and the twin of RCU; the grace periods of the kernel
//! itself are tested only.

use super::{
    Mounts,
    Slot,
    Table,
    Unmounted, //
};
use crate::{
    bottleneck::{
        brlock::Brlock,
        prelude::*,
        Guarded, //
    },
    primitive::rcu, //
};

/// Protects a table that is read far more often than written.
pub trait Protect: Sync {
    /// See [`Mounts::GRACE`].
    const GRACE: bool = false;

    /// Runs `body` protected from writers.
    fn read<R>(&self, me: &Waiter, body: impl FnOnce() -> Option<R>) -> Option<R>;

    /// Runs `body` protected from other writers and, unless readers are RCU's, from these.
    fn write(&self, me: &Waiter, body: &mut dyn FnMut());
}

/// Readers and writers take one lock.
pub struct Spinlock<L>(L);

impl<L: Lock> Default for Spinlock<L> {
    fn default() -> Self {
        Self(L::new())
    }
}

impl<L: Lock> Protect for Spinlock<L> {
    #[inline]
    fn read<R>(&self, me: &Waiter, body: impl FnOnce() -> Option<R>) -> Option<R> {
        self.0.with(me, body)
    }

    fn write(&self, me: &Waiter, body: &mut dyn FnMut()) {
        self.0.with(me, body);
    }
}

/// Readers are RCU's, and writers take one lock.
pub struct Rcu<L>(L);

impl<L: Lock> Default for Rcu<L> {
    fn default() -> Self {
        Self(L::new())
    }
}

impl<L: Lock> Protect for Rcu<L> {
    const GRACE: bool = true;

    #[inline]
    fn read<R>(&self, _: &Waiter, body: impl FnOnce() -> Option<R>) -> Option<R> {
        rcu(body)
    }

    fn write(&self, me: &Waiter, body: &mut dyn FnMut()) {
        self.0.with(me, body);
    }
}

impl<A: Storage<Item = Guarded<L>>, L: Lock> Protect for Brlock<A, L> {
    #[inline]
    fn read<R>(&self, me: &Waiter, body: impl FnOnce() -> Option<R>) -> Option<R> {
        Brlock::read(self, me, body).flatten()
    }

    fn write(&self, me: &Waiter, body: &mut dyn FnMut()) {
        Brlock::write(self, me, body);
    }
}

/// A table that `P` protects.
pub struct Shared<S, P> {
    protect: P,
    table: Table<S>,
}

impl<S, P> Shared<S, P> {
    /// Creates it around a table.
    pub fn new(table: Table<S>, protect: P) -> Self {
        Self { protect, table }
    }
}

impl<S: Storage<Item = Slot>, P: Protect> Mounts for Shared<S, P> {
    const GRACE: bool = P::GRACE;

    #[inline]
    fn lookup(&self, point: u32, me: &Waiter) -> Option<u64> {
        self.protect.read(me, || self.table.find(point))
    }

    fn unmount(&self, point: u32, me: &Waiter) -> Option<Unmounted> {
        let mut unmounted = None;
        let mut unlink = || unmounted = self.table.unlink(point);
        self.protect.write(me, &mut unlink);
        unmounted
    }

    fn mount(&self, point: u32, id: u64, slot: u32, me: &Waiter) {
        let mut link = || self.table.link(point, id, slot);
        self.protect.write(me, &mut link);
    }
}
