// SPDX-License-Identifier: GPL-2.0

//! What threads do to a table, and how it is known that what they find is right.
//!
//! The users are those of Piggin, "Scaling the Linux VFS", 2009: many lookups, and now and then an
//! entry that goes and one that comes. Of each thread's entries every other one *stays*: whoever
//! looks it up has to find it. The others *move*: their thread takes one out and puts it back in
//! with a key that nothing had before, so a key that was taken out is never found again. A value
//! is the key, mixed: what is found with the wrong one was another's.

use core::ops::Deref;

use super::Table;
use crate::{
    bottleneck::{
        Checked,
        Findings, //
    },
    primitive::{
        Atomic,
        Relaxed, //
    },
    Waiter, //
};

/// How often an entry has moved; its thread alone writes that.
#[repr(align(64))]
pub struct Truth(Atomic<u64>);

impl Truth {
    /// Of an entry that has not moved.
    pub fn new() -> Self {
        Self(Atomic::new(0))
    }
}

impl Default for Truth {
    fn default() -> Self {
        Self::new()
    }
}

/// A table and its users.
pub struct Work<T, S> {
    table: T,
    truths: S,
    /// Entries of a thread.
    each: u32,
}

impl<T: Table, S: Deref<Target = [Truth]>> Work<T, S> {
    /// Creates the users of `table`, each of whom has `each` entries: those from its number times
    /// `each` on. Each entry has its truth. All are put in.
    pub fn new(table: T, truths: S, each: u32, me: &Waiter) -> Self {
        let work = Self {
            table,
            truths,
            each,
        };
        for (id, _) in (0_u32..).zip(work.truths.iter()) {
            let key = work.key(id);
            work.table.insert(id, key, value(key), me);
        }
        work
    }

    /// The key that the entry has, or will have once it is put in.
    #[inline]
    fn key(&self, id: u32) -> u64 {
        // It decides which key is looked for. Of another thread's entry it may be old.
        let moves = self
            .truths
            .get(id as usize)
            .map_or(0, |t| t.0.load(Relaxed));
        moves
            .wrapping_mul(self.truths.len() as u64)
            .wrapping_add(id.into())
    }

    /// Looks up the key of an entry, anybody's.
    #[inline]
    pub fn find(&self, thread: u32, which: u32, me: &Waiter) -> Checked {
        let all = self.truths.len() as u32;
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
        let Some(Truth(moves)) = self.truths.get(id as usize) else {
            return Ok(());
        };
        let old = self.key(id);
        self.table.remove(id, me);
        moves.store(moves.load(Relaxed).wrapping_add(1), Relaxed);
        let key = self.key(id);
        // At once, so that others are still looking at the entry.
        self.table.insert(id, key, value(key), me);
        match self.table.find(old, me) {
            Some(_) => Err("stale"),
            None => Ok(()),
        }
    }

    /// Tells, once all threads have left, what must be true of the table then.
    pub fn settle(&self, me: &Waiter, to: Findings<'_>) {
        let all = self.truths.len() as u64;
        let right = |id: &u32| {
            let key = self.key(*id);
            self.table.find(key, me) == Some(value(key))
        };
        let found = (0..all as u32).filter(right).count();
        to("found", found as u64, all);
        to("entries", self.table.entries(), all);
    }
}

/// Whether this entry never moves.
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
