// SPDX-License-Identifier: GPL-2.0

//! Hash table with lookups and updates.
//!
//! Piggin, "Scaling the Linux VFS", LinuxCon 2009: the inode and dentry hashes, each under one lock
//! (`dcache_lock` and `inode_lock` until 2.6.38); then a lock per bucket (`hlist_bl_lock()` in
//! `fs/dcache.c`), and lookups without a lock.
//!
//! | variant | buckets | lookup | update takes |
//! |---|---|---|---|
//! | `one` | [`OneLock`] | [`Locked`] | the one lock |
//! | `bucket` | [`PerBucket`] | [`Locked`] | the bucket's lock |
//! | `lockfree` | [`PerBucket`] | [`Lockfree`]: retries if it ends in another chain | the bucket's lock |
//! | `busted` | [`PerBucket`] | [`Busted`]: never retries | the bucket's lock |
//!
//! A removed entry may be reused at once, for another key, while a lookup is at it. Today's kernel
//! looks up without a lock in both tables: dentries have a sequence count, and where entries are
//! reused at once, a chain ends in the number of its bucket.

mod buckets;
mod chain;
mod lookup;
mod users;

use super::prelude::*;

pub use self::{
    buckets::{
        Bucket,
        Buckets,
        OneLock,
        PerBucket, //
    },
    chain::{
        bucket_of,
        Entry,
        Head, //
    },
    lookup::{
        Busted,
        Locked,
        Lockfree,
        Lookup, //
    },
    users::{
        Oracle,
        Users, //
    },
};

/// A table of numbered entries. The caller stays on its vCPU during each call.
pub trait Table: Sync {
    /// Returns the value of `key`; `None` if the key was absent at some moment during the call.
    fn find(&self, key: u64, me: &Waiter) -> Option<u64>;

    /// Inserts entry `id`, which the caller owns and which is not in the table.
    fn insert(&self, id: u32, key: u64, value: u64, me: &Waiter);

    /// Removes entry `id`, which the caller owns and which is in the table.
    fn remove(&self, id: u32, me: &Waiter);

    /// Counts the entries; exact without concurrent updates.
    fn entries(&self) -> u64;
}

/// Entries chained in buckets `B`, which `F` looks up.
#[repr(align(64))]
pub struct Hash<E, B, F> {
    entries: E,
    buckets: B,
    _lookup: F,
}

impl<E: Storage<Item = Entry>, B: Buckets, F: Lookup> Hash<E, B, F> {
    /// Creates the table; the buckets are numbered from 0 on, and empty.
    pub fn new(entries: E, buckets: B) -> Self {
        Self {
            entries,
            buckets,
            _lookup: F::default(),
        }
    }

    #[inline]
    fn bucket(&self, key: u64) -> u32 {
        bucket_of(key, self.buckets.count())
    }
}

impl<E: Storage<Item = Entry>, B: Buckets, F: Lookup> Table for Hash<E, B, F> {
    #[inline]
    fn find(&self, key: u64, me: &Waiter) -> Option<u64> {
        let bucket = self.bucket(key);
        let find = |head: &Head| F::find(head, &self.entries, bucket, key);
        match F::LOCKS {
            true => self.buckets.with(bucket, me, find).flatten(),
            false => find(self.buckets.head(bucket)?),
        }
    }

    #[inline]
    fn insert(&self, id: u32, key: u64, value: u64, me: &Waiter) {
        if let Some(entry) = self.entries.get(id as usize) {
            entry.fill(key, value);
            let push = |head: &Head| head.push(&self.entries, id);
            self.buckets.with(self.bucket(key), me, push);
        }
    }

    #[inline]
    fn remove(&self, id: u32, me: &Waiter) {
        if let Some(entry) = self.entries.get(id as usize) {
            let unlink = |head: &Head| head.unlink(&self.entries, id, F::detach(entry));
            self.buckets.with(self.bucket(entry.key()), me, unlink);
        }
    }

    fn entries(&self) -> u64 {
        let heads = (0..self.buckets.count() as u32).filter_map(|n| self.buckets.head(n));
        heads.fold(0, |sum, head| head.len(&self.entries).wrapping_add(sum))
    }
}
