// SPDX-License-Identifier: GPL-2.0

//! One lock for all buckets, as it was.
//!
//! `dcache_lock` and `inode_lock`, until 2.6.38; Piggin, "Scaling the Linux VFS", 2009.

use core::ops::Deref;

use super::{
    bucket_of,
    chain::entry,
    Entry,
    Head,
    Table, //
};
use crate::{
    lock::Lock,
    Waiter, //
};

/// Everyone takes the same lock.
#[repr(align(64))]
pub struct One<L, E, B> {
    lock: L,
    entries: E,
    heads: B,
}

impl<L: Lock, E, B> One<L, E, B>
where
    E: Deref<Target = [Entry]>,
    B: Deref<Target = [Head]>,
{
    /// Creates the table; the buckets are numbered from 0 on, and empty.
    pub fn new(entries: E, heads: B) -> Self {
        Self {
            lock: L::new(),
            entries,
            heads,
        }
    }

    #[inline]
    fn head(&self, key: u64) -> Option<&Head> {
        self.heads.get(bucket_of(key, self.heads.len()) as usize)
    }
}

impl<L: Lock, E, B> Table for One<L, E, B>
where
    E: Deref<Target = [Entry]> + Sync,
    B: Deref<Target = [Head]> + Sync,
{
    const NAME: &'static str = "one";

    #[inline]
    fn find(&self, key: u64, me: &Waiter) -> Option<u64> {
        let head = self.head(key)?;
        self.lock.with(me, || head.find(&self.entries, key))
    }

    #[inline]
    fn insert(&self, id: u32, key: u64, value: u64, me: &Waiter) {
        if let (Some(entry), Some(head)) = (entry(&self.entries, id), self.head(key)) {
            entry.fill(key, value);
            self.lock.with(me, || head.push(&self.entries, id));
        }
    }

    #[inline]
    fn remove(&self, id: u32, me: &Waiter) {
        let key = entry(&self.entries, id).map(Entry::key);
        if let Some(head) = key.and_then(|key| self.head(key)) {
            self.lock.with(me, || head.remove(&self.entries, id));
        }
    }

    fn entries(&self) -> u64 {
        let chains = self.heads.iter().map(|head| head.len(&self.entries));
        chains.fold(0, u64::wrapping_add)
    }
}
