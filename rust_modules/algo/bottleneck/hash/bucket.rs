// SPDX-License-Identifier: GPL-2.0

//! A lock for each bucket.
//!
//! Piggin, "Scaling the Linux VFS", 2009; `hlist_bl_lock()` in `fs/dcache.c` since 2.6.38.

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

/// A chain and its lock, next to those of others.
pub struct Bucket<L> {
    pub(super) lock: L,
    pub(super) head: Head,
}

impl<L: Lock> Bucket<L> {
    /// Creates the empty bucket of this number.
    pub fn new(number: u32) -> Self {
        Self {
            lock: L::new(),
            head: Head::new(number),
        }
    }
}

/// Whoever does anything takes the bucket's lock.
pub struct Locked<E, B> {
    pub(super) entries: E,
    buckets: B,
}

impl<L: Lock, E, B> Locked<E, B>
where
    E: Deref<Target = [Entry]>,
    B: Deref<Target = [Bucket<L>]>,
{
    /// Creates the table; the buckets are numbered from 0 on, and empty.
    pub fn new(entries: E, buckets: B) -> Self {
        Self { entries, buckets }
    }

    /// The bucket of `key`, and its number.
    #[inline]
    pub(super) fn bucket(&self, key: u64) -> Option<(u32, &Bucket<L>)> {
        let number = bucket_of(key, self.buckets.len());
        Some((number, self.buckets.get(number as usize)?))
    }
}

impl<L, E, B> Table for Locked<E, B>
where
    L: Lock,
    E: Deref<Target = [Entry]> + Sync,
    B: Deref<Target = [Bucket<L>]> + Sync,
{
    const NAME: &'static str = "bucket";

    #[inline]
    fn find(&self, key: u64, me: &Waiter) -> Option<u64> {
        let (_, bucket) = self.bucket(key)?;
        let find = || bucket.head.find(&self.entries, key);
        bucket.lock.with(me, find)
    }

    #[inline]
    fn insert(&self, id: u32, key: u64, value: u64, me: &Waiter) {
        if let (Some(entry), Some((_, bucket))) = (entry(&self.entries, id), self.bucket(key)) {
            entry.fill(key, value);
            let push = || bucket.head.push(&self.entries, id);
            bucket.lock.with(me, push);
        }
    }

    #[inline]
    fn remove(&self, id: u32, me: &Waiter) {
        let key = entry(&self.entries, id).map(Entry::key);
        if let Some((_, bucket)) = key.and_then(|key| self.bucket(key)) {
            let remove = || bucket.head.remove(&self.entries, id);
            bucket.lock.with(me, remove);
        }
    }

    fn entries(&self) -> u64 {
        let chains = self.buckets.iter().map(|b| b.head.len(&self.entries));
        chains.fold(0, u64::wrapping_add)
    }
}
