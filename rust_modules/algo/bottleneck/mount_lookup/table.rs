// SPDX-License-Identifier: GPL-2.0

//! The hash of mounts. Whoever changes it holds a lock; who looks may hold one or be a reader of RCU.
//!
//! Chains are singly linked, by number: 0 ends one, `n` is room `n - 1`. A room that was taken out
//! still leads on along its chain, for those who stand in it.

use core::ops::Deref;

use super::Unmounted;
use crate::primitive::{
    Acquire,
    Atomic,
    Relaxed,
    Release, //
};

/// Room for a mount, and the head of a chain.
pub struct Room {
    head: Atomic<u32>,
    next: Atomic<u32>,
    point: Atomic<u32>,
    id: Atomic<u64>,
}

impl Room {
    /// Creates it, free.
    pub fn new() -> Self {
        Self {
            head: Atomic::new(0),
            next: Atomic::new(0),
            point: Atomic::new(0),
            id: Atomic::new(0),
        }
    }
}

impl Default for Room {
    fn default() -> Self {
        Self::new()
    }
}

/// The mounts, by point.
pub struct Table<S>(S);

impl<S: Deref<Target = [Room]>> Table<S> {
    /// Creates a table without mounts; the rooms are the caller's to [`link`](Self::link).
    pub fn new(rooms: S) -> Self {
        Self(rooms)
    }

    /// The head of the chain of a point.
    fn head(&self, point: u32) -> Option<&Atomic<u32>> {
        // Half as many chains as rooms, so that some hold more than one mount.
        let chains = self.0.len().div_ceil(2);
        let at = (point as usize).checked_rem(chains)?;
        Some(&self.0.get(at)?.head)
    }

    fn room(&self, number: u32) -> Option<&Room> {
        self.0.get(number.checked_sub(1)? as usize)
    }

    /// Returns what is mounted at `point`.
    #[inline(always)]
    pub fn find(&self, point: u32) -> Option<u64> {
        // Pairs with the release in `link`: who finds a room finds it furnished.
        let mut at = self.head(point)?.load(Acquire);
        while let Some(room) = self.room(at) {
            if room.point.load(Relaxed) == point {
                return Some(room.id.load(Relaxed));
            }
            // Pairs with the release in `unlink`, which leads to rooms that were linked before.
            at = room.next.load(Acquire);
        }
        None
    }

    /// Takes away what is mounted at `point`; the caller holds the lock.
    pub fn unlink(&self, point: u32) -> Option<Unmounted> {
        let mut link = self.head(point)?;
        loop {
            let at = link.load(Relaxed);
            let room = self.room(at)?;
            if room.point.load(Relaxed) == point {
                // Pairs with the acquires in `find`.
                link.store(room.next.load(Relaxed), Release);
                return Some(Unmounted {
                    id: room.id.load(Relaxed),
                    room: at,
                });
            }
            link = &room.next;
        }
    }

    /// Mounts `id` at `point`, in the room of that number, from 1 on; the caller holds the lock.
    pub fn link(&self, point: u32, id: u64, number: u32) {
        let (Some(head), Some(room)) = (self.head(point), self.room(number)) else {
            return;
        };
        room.point.store(point, Relaxed);
        room.id.store(id, Relaxed);
        room.next.store(head.load(Relaxed), Relaxed);
        // Pairs with the acquires in `find`.
        head.store(number, Release);
    }
}
