// SPDX-License-Identifier: GPL-2.0

//! A cache of lookups per vCPU, in front of one lock.
//!
//! Boyd-Wickizer et al., "An Analysis of Linux Scalability to Many Cores", OSDI 2010: mounts are
//! looked up far more often than changed, so each core caches its lookups, and unmount invalidates
//! all caches. Filling the cache is part of the critical section: otherwise another vCPU may
//! unmount, and invalidate, between the lookup and the fill. That is the mistake of [`Busted`].

use super::{
    Mounts,
    Slot,
    Table,
    Unmounted, //
};
use crate::bottleneck::prelude::*;

/// Words of a pair of cache lines, which no two vCPUs share.
const LINE: u32 = 16;

/// Returns how many words the caches of `vcpus` vCPUs need for `points` mount points.
pub fn cache_words(vcpus: u32, points: u32) -> u32 {
    vcpus.saturating_mul(stride(points))
}

fn stride(points: u32) -> u32 {
    points.div_ceil(LINE).saturating_mul(LINE)
}

/// A table under one lock, and the cache of each vCPU; 0 is no entry.
pub struct Percore<S, M, L, const BUSTED: bool = false> {
    lock: L,
    table: Table<S>,
    cache: M,
    points: u32,
}

/// Fills the cache after unlock, so it may cache what is unmounted; the oracle must catch it.
pub type Busted<S, M, L> = Percore<S, M, L, true>;

impl<S, M, L, const BUSTED: bool> Percore<S, M, L, BUSTED>
where
    S: Storage<Item = Slot>,
    M: Storage<Item = Atomic<u64>>,
    L: Lock,
{
    /// Creates it around a table of `points` mount points; [`cache_words`] sizes the cache.
    pub fn new(table: Table<S>, cache: M, points: u32) -> Self {
        Self {
            lock: L::new(),
            table,
            cache,
            points,
        }
    }

    /// Returns this vCPU's cache entry of `point`.
    #[inline(always)]
    fn own(&self, point: u32) -> Option<&Atomic<u64>> {
        let first = here().wrapping_mul(stride(self.points));
        self.cache.get(first.wrapping_add(point) as usize)
    }

    /// Returns what this vCPU caches of `point`. A number carries no other data: no order is needed.
    #[inline(always)]
    fn cached(&self, point: u32) -> Option<u64> {
        match self.own(point)?.load(Relaxed) {
            0 => None,
            id => Some(id),
        }
    }

    /// Caches the mount found at `point`.
    #[inline]
    fn fill(&self, point: u32, found: Option<u64>) {
        if let (Some(own), Some(id)) = (self.own(point), found) {
            own.store(id, Relaxed);
        }
    }

    /// Invalidates the entries of `point` on all vCPUs.
    fn invalidate(&self, point: u32) {
        let all = self.cache.iter().skip(point as usize);
        all.step_by(stride(self.points).max(1) as usize)
            .for_each(|id| id.store(0, Relaxed));
    }
}

impl<S, M, L, const BUSTED: bool> Mounts for Percore<S, M, L, BUSTED>
where
    S: Storage<Item = Slot>,
    M: Storage<Item = Atomic<u64>>,
    L: Lock,
{
    #[inline]
    fn lookup(&self, point: u32, me: &Waiter) -> Option<u64> {
        self.cached(point).or_else(|| {
            let found = self.lock.with(me, || {
                let found = self.table.find(point);
                if !BUSTED {
                    self.fill(point, found);
                }
                found
            });
            if BUSTED {
                // Most of the time passes here, so a vCPU that loses its CPU loses it here.
                cpu_relax();
                self.fill(point, found);
            }
            found
        })
    }

    fn unmount(&self, point: u32, me: &Waiter) -> Option<Unmounted> {
        self.lock.with(me, || {
            let unmounted = self.table.unlink(point);
            self.invalidate(point);
            unmounted
        })
    }

    fn mount(&self, point: u32, id: u64, slot: u32, me: &Waiter) {
        self.lock.with(me, || self.table.link(point, id, slot));
    }
}
