// SPDX-License-Identifier: GPL-2.0

//! Users of a hash table, and the oracle that checks each lookup.
//!
//! Piggin, "Scaling the Linux VFS", 2009: many lookups, and now and then a removal and an
//! insertion. Every other entry of a thread *stays*: every lookup must find it. The others *move*:
//! their thread removes one and inserts it under a key that was never used, so no lookup may find
//! a removed key. A value is a hash of its key, so a wrong value belongs to another key.

use super::Table;
use crate::bottleneck::prelude::*;

/// How often an entry has moved; written by its thread only.
#[derive(Default)]
#[repr(align(64))]
pub struct Oracle(Atomic<u64>);

/// A table and its users.
pub struct Users<T, S> {
    table: T,
    oracles: S,
    /// Entries of a thread.
    each: u32,
}

impl<T: Table, S: Storage<Item = Oracle>> Users<T, S> {
    /// Creates the users of `table` and inserts all entries. Thread `i` owns the `each` entries
    /// from `i * each` on; each entry has an oracle.
    pub fn new(table: T, oracles: S, each: u32, me: &Waiter) -> Self {
        let users = Self {
            table,
            oracles,
            each,
        };
        for (id, _) in (0_u32..).zip(users.oracles.iter()) {
            let key = users.key(id);
            users.table.insert(id, key, value(key), me);
        }
        users
    }

    /// Returns the key of an entry, which the table has or is about to have.
    #[inline]
    fn key(&self, id: u32) -> u64 {
        // Chooses the key of a lookup. That of another thread's entry may be out of date.
        let moves = self.oracles.get(id as usize);
        let moves = moves.map_or(0, |oracle| oracle.0.load(Relaxed));
        moves
            .wrapping_mul(self.oracles.len() as u64)
            .wrapping_add(id.into())
    }

    /// Looks up the key of an entry of any thread.
    #[inline]
    pub fn find(&self, thread: u32, which: u32, me: &Waiter) -> Checked {
        let all = self.oracles.len() as u32;
        let id = which.checked_rem(all).unwrap_or(0);
        let key = self.key(id);
        let mine = id.checked_div(self.each) == Some(thread);
        match self.table.find(key, me) {
            Some(found) if found == value(key) => Ok(()),
            Some(_) => Err("foreign"),
            None if stays(id) || mine => Err("missed"),
            None => Ok(()),
        }
    }

    /// Moves one of the thread's entries.
    #[inline]
    pub fn change(&self, thread: u32, which: u32, me: &Waiter) -> Checked {
        let nth = which.checked_rem(self.each).unwrap_or(0) | 1;
        let id = thread.wrapping_mul(self.each).wrapping_add(nth);
        let Some(Oracle(moves)) = self.oracles.get(id as usize) else {
            return Ok(());
        };
        let old = self.key(id);
        self.table.remove(id, me);
        moves.store(moves.load(Relaxed).wrapping_add(1), Relaxed);
        let key = self.key(id);
        // At once, so that other threads are still at the entry.
        self.table.insert(id, key, value(key), me);
        match self.table.find(old, me) {
            Some(_) => Err("stale"),
            None => Ok(()),
        }
    }

    /// Checks, after all threads have left, that the table holds every entry once.
    pub fn audit(&self, me: &Waiter, to: Findings<'_>) {
        let all = self.oracles.len() as u64;
        let right = |id: &u32| {
            let key = self.key(*id);
            self.table.find(key, me) == Some(value(key))
        };
        let found = (0..all as u32).filter(right).count();
        to("found", found as u64, all);
        to("entries", self.table.entries(), all);
    }
}

/// Returns whether this entry never moves.
#[inline]
fn stays(id: u32) -> bool {
    id & 1 == 0
}

#[inline]
fn value(key: u64) -> u64 {
    // Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", 2014.
    let mixed = (key ^ (key >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed ^ (mixed >> 27)
}
