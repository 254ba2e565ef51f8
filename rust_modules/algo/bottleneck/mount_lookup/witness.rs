// SPDX-License-Identifier: GPL-2.0

//! Threads that look mounts up and change them, and what each lookup may find.
//!
//! A mount's number tells its point, and at one point numbers only rise. So a lookup that begins
//! when an unmount has returned may find no number up to that which was unmounted; and it must
//! find something if nobody changed anything there meanwhile.

use core::ops::Deref;

use super::Mounts;
use crate::{
    bottleneck::{
        Checked,
        Findings, //
    },
    primitive::{
        Acquire,
        Atomic,
        Relaxed,
        Release, //
    },
    Waiter, //
};

/// What is known of a point.
#[repr(align(64))]
pub struct Point {
    /// The highest number that was unmounted there.
    gone: Atomic<u64>,
    /// Changes that have begun, and those that are over.
    begun: Atomic<u64>,
    over: Atomic<u64>,
}

impl Point {
    /// Of a point that nothing was unmounted from.
    pub fn new() -> Self {
        Self {
            gone: Atomic::new(0),
            begun: Atomic::new(0),
            over: Atomic::new(0),
        }
    }
}

impl Default for Point {
    fn default() -> Self {
        Self::new()
    }
}

/// Mounts, and what is known of them.
pub struct Witness<T, P> {
    mounts: T,
    points: P,
    /// The next number is this times the points, plus the point.
    next: Atomic<u64>,
}

impl<T: Mounts, P: Deref<Target = [Point]>> Witness<T, P> {
    /// Mounts something at each point. The first rooms are used for that, from number 1 on.
    pub fn new(mounts: T, points: P, me: &Waiter) -> Self {
        let witness = Self {
            mounts,
            points,
            next: Atomic::new(1),
        };
        for (room, point) in (1..).zip(0..witness.count()) {
            witness.mounts.mount(point, witness.number(point), room, me);
        }
        witness
    }

    /// Returns how many points there are.
    pub fn count(&self) -> u32 {
        self.points.len() as u32
    }

    /// Whether a room that was given back is free only after a grace period.
    pub fn needs_grace(&self) -> bool {
        T::GRACE
    }

    fn number(&self, point: u32) -> u64 {
        let n = self.next.fetch_add(1, Relaxed);
        n.wrapping_mul(self.count().into())
            .wrapping_add(point.into())
    }

    /// Looks up what is at a point, and says what is wrong with it.
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
            // Whoever sees that it is gone sees that the change has begun.
            None if known.begun.load(Relaxed) == over => Err("missing"),
            _ => Ok(()),
        }
    }

    /// Unmounts what is at a point and mounts something else there, in `room`, which is free and
    /// the caller's; returns the room that is his now, and free as [`Mounts::GRACE`] says.
    pub fn change(&self, point: u32, room: u32, me: &Waiter) -> u32 {
        let Some(known) = self.points.get(point as usize) else {
            return room;
        };
        known.begun.fetch_add(1, Relaxed);
        let mut free = room;
        if let Some(unmounted) = self.mounts.unmount(point, me) {
            // Pairs with the acquire in `look`. Nobody else unmounts there before it is mounted anew.
            known.gone.store(unmounted.id, Release);
            self.mounts.mount(point, self.number(point), room, me);
            free = unmounted.room;
        }
        // As above.
        known.over.fetch_add(1, Release);
        free
    }

    /// Tells what must be so once all threads have left.
    pub fn settle(&self, me: &Waiter, tell: Findings<'_>) {
        let right = (0..self.count()).filter(|&point| {
            let there = self.mounts.lookup(point, me).is_some();
            there && self.look(point, me).is_ok()
        });
        tell("mounted", right.count() as u64, self.count().into());
    }
}
