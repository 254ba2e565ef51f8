// SPDX-License-Identifier: GPL-2.0

//! Users of a mount table, and the oracle that checks each lookup.
//!
//! The number of a mount contains its mount point, and at one point numbers only rise. A lookup that
//! begins after an unmount has returned may not find a number up to the unmounted one, and must
//! find a mount if nothing changed at its point meanwhile.

use super::Mounts;
use crate::bottleneck::prelude::*;

/// What the oracle knows of a mount point.
#[derive(Default)]
#[repr(align(64))]
pub struct Point {
    /// The highest number that was unmounted there.
    gone: Atomic<u64>,
    /// Changes that have begun, and those that have returned.
    begun: Atomic<u64>,
    over: Atomic<u64>,
}

/// A mount table and its users.
pub struct Users<T, P> {
    mounts: T,
    points: P,
    /// The next number is this times the points, plus the point.
    next: Atomic<u64>,
}

impl<T: Mounts, P: Storage<Item = Point>> Users<T, P> {
    /// Mounts something at each point, in the first slots, from number 1 on.
    pub fn new(mounts: T, points: P, me: &Waiter) -> Self {
        let users = Self {
            mounts,
            points,
            next: Atomic::new(1),
        };
        for (slot, point) in (1..).zip(0..users.count()) {
            users.mounts.mount(point, users.number(point), slot, me);
        }
        users
    }

    /// Returns how many mount points there are.
    pub fn count(&self) -> u32 {
        self.points.len() as u32
    }

    /// Returns [`Mounts::GRACE`].
    pub fn needs_grace(&self) -> bool {
        T::GRACE
    }

    fn number(&self, point: u32) -> u64 {
        let n = self.next.fetch_add(1, Relaxed);
        n.wrapping_mul(self.count().into())
            .wrapping_add(point.into())
    }

    /// Looks up a mount point and checks the result.
    #[inline]
    pub fn look(&self, point: u32, me: &Waiter) -> Checked {
        let Some(known) = self.points.get(point as usize) else {
            return Ok(());
        };
        // Pair with the releases in `change`: that unmount, and those changes, have returned.
        let (gone, over) = (known.gone.load(Acquire), known.over.load(Acquire));
        match self.mounts.lookup(point, me) {
            Some(id) if id <= gone => Err("stale"),
            Some(id) if id.checked_rem(self.count().into()) != Some(point.into()) => Err("foreign"),
            // A lookup that sees the mount gone sees that the change has begun.
            None if known.begun.load(Relaxed) == over => Err("missing"),
            _ => Ok(()),
        }
    }

    /// Replaces the mount at a point, in `slot`, which is free and the caller's; returns the slot
    /// that the caller owns then, free as [`Mounts::GRACE`] requires.
    pub fn change(&self, point: u32, slot: u32, me: &Waiter) -> u32 {
        let Some(known) = self.points.get(point as usize) else {
            return slot;
        };
        known.begun.fetch_add(1, Relaxed);
        let mut free = slot;
        if let Some(unmounted) = self.mounts.unmount(point, me) {
            // Pairs with the acquire in `look`. No other thread unmounts here before the next mount.
            known.gone.store(unmounted.id, Release);
            self.mounts.mount(point, self.number(point), slot, me);
            free = unmounted.slot;
        }
        // As above.
        known.over.fetch_add(1, Release);
        free
    }

    /// Checks, after all threads have left, that every point has its mount.
    pub fn audit(&self, me: &Waiter, to: Findings<'_>) {
        let right = (0..self.count()).filter(|&point| {
            let there = self.mounts.lookup(point, me).is_some();
            there && self.look(point, me).is_ok()
        });
        to("mounted", right.count() as u64, self.count().into());
    }
}
