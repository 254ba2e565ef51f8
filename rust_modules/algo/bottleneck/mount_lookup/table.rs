// SPDX-License-Identifier: GPL-2.0

//! Hash table of mounts. A writer holds a lock; a reader holds one, or is RCU's.
//!
//! Chains are singly linked, by number: 0 ends a chain, `n` is slot `n - 1`. A slot that was removed
//! still leads on along its chain, for the readers that are at it.

use super::Unmounted;
use crate::bottleneck::prelude::*;

/// A slot for a mount, and the head of a chain.
#[derive(Default)]
pub struct Slot {
    head: Atomic<u32>,
    next: Atomic<u32>,
    point: Atomic<u32>,
    id: Atomic<u64>,
}

/// The mounts, by mount point.
pub struct Table<S>(S);

impl<S: Storage<Item = Slot>> Table<S> {
    /// Creates a table without mounts; callers own the slots until they [`link`](Self::link) them.
    pub fn new(slots: S) -> Self {
        Self(slots)
    }

    /// Returns the head of the chain of a mount point.
    fn head(&self, point: u32) -> Option<&Atomic<u32>> {
        // Half as many chains as slots, so that some hold more than one mount.
        let chains = self.0.len().div_ceil(2);
        let at = (point as usize).checked_rem(chains)?;
        Some(&self.0.get(at)?.head)
    }

    fn slot(&self, number: u32) -> Option<&Slot> {
        self.0.get(number.checked_sub(1)? as usize)
    }

    /// Returns the mount at `point`.
    #[inline(always)]
    pub fn find(&self, point: u32) -> Option<u64> {
        // Pairs with the release in `link`: a slot that is found is filled.
        let mut at = self.head(point)?.load(Acquire);
        while let Some(slot) = self.slot(at) {
            if slot.point.load(Relaxed) == point {
                return Some(slot.id.load(Relaxed));
            }
            // Pairs with the release in `unlink`, which leads to slots that were linked before.
            at = slot.next.load(Acquire);
        }
        None
    }

    /// Removes the mount at `point`; the caller holds the lock.
    pub fn unlink(&self, point: u32) -> Option<Unmounted> {
        let mut link = self.head(point)?;
        loop {
            let at = link.load(Relaxed);
            let slot = self.slot(at)?;
            if slot.point.load(Relaxed) == point {
                // Pairs with the acquires in `find`.
                link.store(slot.next.load(Relaxed), Release);
                return Some(Unmounted {
                    id: slot.id.load(Relaxed),
                    slot: at,
                });
            }
            link = &slot.next;
        }
    }

    /// Mounts `id` at `point` in the slot of that number, from 1 on; the caller holds the lock.
    pub fn link(&self, point: u32, id: u64, number: u32) {
        let (Some(head), Some(slot)) = (self.head(point), self.slot(number)) else {
            return;
        };
        slot.point.store(point, Relaxed);
        slot.id.store(id, Relaxed);
        slot.next.store(head.load(Relaxed), Relaxed);
        // Pairs with the acquires in `find`.
        head.store(number, Release);
    }
}
