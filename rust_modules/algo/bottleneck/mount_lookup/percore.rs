// SPDX-License-Identifier: GPL-2.0

//! What each vCPU remembers, in front of one lock.
//!
//! Boyd-Wickizer et al., "An Analysis of Linux Scalability to Many Cores", OSDI 2010: mounts are
//! looked up far more often than changed, so each core may have a copy of what it looked up. Who
//! unmounts makes all of them forget. To remember is part of the critical section: else somebody
//! may unmount, and make all forget, between the lookup and that; see `busted`.

use core::ops::Deref;

use super::{
    Mounts,
    Room,
    Table,
    Unmounted, //
};
use crate::{
    lock::Lock,
    primitive::{
        here,
        Atomic,
        Relaxed, //
    },
    Waiter, //
};

/// Numbers to a pair of cache lines, which no two vCPUs share.
const LINE: u32 = 16;

/// Returns how many numbers so many vCPUs need to remember what is at so many points.
pub fn memory(vcpus: u32, points: u32) -> u32 {
    vcpus.saturating_mul(stride(points))
}

fn stride(points: u32) -> u32 {
    points.div_ceil(LINE).saturating_mul(LINE)
}

/// A table under one lock, and what each vCPU remembers of it; 0 is nothing.
pub struct Percore<S, M, L> {
    pub(super) lock: L,
    pub(super) table: Table<S>,
    memory: M,
    points: u32,
}

impl<S, M, L> Percore<S, M, L>
where
    S: Deref<Target = [Room]>,
    M: Deref<Target = [Atomic<u64>]>,
    L: Lock,
{
    /// Creates it around a table of so many points; [`memory`] says how long the memory is.
    pub fn new(table: Table<S>, memory: M, points: u32) -> Self {
        Self {
            lock: L::new(),
            table,
            memory,
            points,
        }
    }

    /// Where this vCPU remembers what is at `point`.
    #[inline(always)]
    pub(super) fn own(&self, point: u32) -> Option<&Atomic<u64>> {
        let first = here().wrapping_mul(stride(self.points));
        self.memory.get(first.wrapping_add(point) as usize)
    }

    /// What this vCPU remembers of `point`. A number is just a number: no order is needed.
    #[inline(always)]
    pub(super) fn remembered(&self, point: u32) -> Option<u64> {
        match self.own(point)?.load(Relaxed) {
            0 => None,
            id => Some(id),
        }
    }

    /// Remembers what was found at `point`.
    #[inline]
    pub(super) fn remember(&self, point: u32, found: Option<u64>) {
        if let (Some(own), Some(id)) = (self.own(point), found) {
            own.store(id, Relaxed);
        }
    }

    /// Makes all vCPUs forget what is at `point`.
    fn forget(&self, point: u32) {
        let all = self.memory.iter().skip(point as usize);
        all.step_by(stride(self.points).max(1) as usize)
            .for_each(|id| id.store(0, Relaxed));
    }
}

impl<S, M, L> Mounts for Percore<S, M, L>
where
    S: Deref<Target = [Room]> + Sync,
    M: Deref<Target = [Atomic<u64>]> + Sync,
    L: Lock,
{
    const NAME: &'static str = "percore";

    #[inline]
    fn lookup(&self, point: u32, me: &Waiter) -> Option<u64> {
        self.remembered(point).or_else(|| {
            self.lock.with(me, || {
                let found = self.table.find(point);
                self.remember(point, found);
                found
            })
        })
    }

    fn unmount(&self, point: u32, me: &Waiter) -> Option<Unmounted> {
        self.lock.with(me, || {
            let unmounted = self.table.unlink(point);
            self.forget(point);
            unmounted
        })
    }

    fn mount(&self, point: u32, id: u64, room: u32, me: &Waiter) {
        self.lock.with(me, || self.table.link(point, id, room));
    }
}
