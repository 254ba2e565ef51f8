// SPDX-License-Identifier: GPL-2.0

//! Mounts that threads refer to, that come to an end, and are there again.
//!
//! A mount has two halves, one of which is shown. Who refers to it finds the one that is shown, as
//! a reader of RCU. Who unmounts shows the other one, waits until nobody is still on his way to
//! this one, and detaches it: whoever then puts the last reference makes it new. The grace periods
//! of the kernel itself are tested only.

use core::ops::Deref;

use super::Count;
use crate::{
    bottleneck::{
        Checked,
        Findings, //
    },
    counter::EachVcpu,
    primitive::{
        grace,
        rcu,
        Acquire,
        Atomic,
        Full,
        Relaxed,
        Release, //
    },
    Waiter, //
};

/// A half of a mount.
///
/// ```text
///   new ──shown──▶ attached ──detached──▶ ending ──last reference put──▶ new
/// ```
#[repr(align(128))]
struct Half<C> {
    count: C,
    /// It is new.
    new: Atomic<u32>,
    /// It has not come to its end.
    alive: Atomic<u32>,
    detached: Atomic<u64>,
    ends: Atomic<u64>,
}

impl<C: Count> Half<C> {
    fn of(count: C, new: u32) -> Self {
        Self {
            count,
            new: Atomic::new(new),
            alive: Atomic::new(1),
            detached: Atomic::new(0),
            ends: Atomic::new(0),
        }
    }

    /// The last reference was put.
    fn end(&self) -> Checked {
        let alive = self.alive.xchg(0, Full);
        let ends = self.ends.fetch_add(1, Relaxed);
        match (alive, ends < self.detached.load(Relaxed)) {
            (0, _) => return Err("twice"),
            (_, false) => return Err("early"),
            _ => {}
        }
        self.count.revive();
        self.alive.store(1, Relaxed);
        // Pairs with the acquire in `unmount`.
        self.new.store(1, Release);
        Ok(())
    }

    fn put(&self, me: &Waiter) -> Checked {
        if self.alive.load(Relaxed) == 0 {
            return Err("dead");
        }
        match self.count.put(me) {
            true => self.end(),
            false => Ok(()),
        }
    }
}

/// Something that is mounted, again and again.
pub struct Mount<C> {
    shown: Atomic<u32>,
    halves: [Half<C>; 2],
}

impl<C: Count> Mount<C> {
    /// Creates it with the counts of its halves, each with one reference.
    pub fn new(counts: [C; 2]) -> Self {
        let [first, second] = counts;
        Self {
            shown: Atomic::new(0),
            halves: [Half::of(first, 0), Half::of(second, 1)],
        }
    }

    fn half(&self, which: u32) -> &Half<C> {
        let [first, second] = &self.halves;
        if which == 0 {
            first
        } else {
            second
        }
    }
}

/// Where a thread finds references that another handed to it; 0 is none.
#[repr(align(128))]
pub struct Seat(Atomic<u32>);

impl Seat {
    /// Creates it, empty.
    pub fn new() -> Self {
        Self(Atomic::new(0))
    }
}

impl Default for Seat {
    fn default() -> Self {
        Self::new()
    }
}

/// Mounts and their users.
pub struct Work<M, S> {
    mounts: M,
    seats: S,
}

impl<C, M, S> Work<M, S>
where
    C: Count,
    M: Deref<Target = [Mount<C>]>,
    S: Deref<Target = [Seat]>,
{
    /// Creates it, with a seat for each thread.
    pub fn new(mounts: M, seats: S) -> Self {
        Self { mounts, seats }
    }

    /// Gets a reference to a mount and puts it.
    #[inline]
    pub fn refer(&self, mount: u32, me: &Waiter) -> Checked {
        match self.get(mount, me) {
            Some((_, half)) => half.put(me),
            None => Ok(()),
        }
    }

    /// Gets a reference to a mount, hands it to the thread of that number, and puts the one that
    /// it had.
    pub fn hand_on(&self, mount: u32, to: u32, me: &Waiter) -> Checked {
        let (Some((handle, half)), seat) = (self.get(mount, me), self.seats.get(to as usize))
        else {
            return Ok(());
        };
        match seat {
            // The reference goes with it: pairs with itself.
            Some(seat) => self.put_handle(seat.0.xchg(handle, Full), me),
            None => half.put(me),
        }
    }

    /// Gets a reference to what is shown of a mount; returns it with its number, never 0.
    #[inline]
    fn get(&self, mount: u32, me: &Waiter) -> Option<(u32, &Half<C>)> {
        let its = self.mounts.get(mount as usize)?;
        rcu(|| {
            // Pairs with the release in `unmount`: what is shown is new.
            let shown = its.shown.load(Acquire);
            let half = its.half(shown);
            half.count.get(me);
            let handle = mount.wrapping_mul(2).wrapping_add(shown).wrapping_add(1);
            Some((handle, half))
        })
    }

    fn put_handle(&self, handle: u32, me: &Waiter) -> Checked {
        let Some(at) = handle.checked_sub(1) else {
            return Ok(());
        };
        match self.mounts.get((at / 2) as usize) {
            Some(mount) => mount.half(at % 2).put(me),
            None => Ok(()),
        }
    }

    /// Shows the other half of a mount, and detaches this one, unless the other is not new yet.
    /// Only one thread unmounts it. It sleeps.
    pub fn unmount(&self, mount: u32, vcpus: &impl EachVcpu, me: &Waiter) -> Checked {
        let Some(mount) = self.mounts.get(mount as usize) else {
            return Ok(());
        };
        let shown = mount.shown.load(Relaxed);
        let (this, other) = (mount.half(shown), mount.half(shown ^ 1));
        // Pairs with the release in `end`.
        if other.new.load(Acquire) == 0 {
            return Ok(());
        }
        other.new.store(0, Relaxed);
        // Pairs with the acquire in `get`.
        mount.shown.store(shown ^ 1, Release);
        grace();
        // Is known to who puts the last, since detaching comes after it.
        this.detached.fetch_add(1, Relaxed);
        match this.count.detach(vcpus, me) {
            true => this.end(),
            false => Ok(()),
        }
    }

    /// Ends everything, and tells what must be so; all threads have left. It sleeps.
    pub fn settle(&self, vcpus: &impl EachVcpu, me: &Waiter, tell: Findings<'_>) {
        let mut wrong = 0;
        let mut note = |checked: Checked| wrong += u64::from(checked.is_err());
        for seat in self.seats.iter() {
            // As in `hand_on`.
            note(self.put_handle(seat.0.xchg(0, Full), me));
        }
        for mount in 0..self.mounts.len() as u32 {
            note(self.unmount(mount, vcpus, me));
        }
        let halves = || self.mounts.iter().flat_map(|mount| mount.halves.iter());
        let sum = |of: fn(&Half<C>) -> &Atomic<u64>| {
            let each = halves().map(|half| of(half).load(Relaxed));
            each.fold(0, u64::wrapping_add)
        };
        tell("ends", sum(|half| &half.ends), sum(|half| &half.detached));
        let even = halves().filter(|half| {
            let (ends, detached) = (half.ends.load(Relaxed), half.detached.load(Relaxed));
            ends == detached
        });
        tell("halves", even.count() as u64, halves().count() as u64);
        tell("wrong_at_the_end", wrong, 0);
    }
}
