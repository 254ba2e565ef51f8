// SPDX-License-Identifier: GPL-2.0

//! Lookups without a lock that believe what they see, so that every run can show it would notice.
//!
//! What `Documentation/RCU/rculist_nulls.rst` warns of: an entry that is used again takes those
//! who look at it along into another chain, or shows them one key and the value of the next. And
//! an entry is cut off as it is taken out: `hlist_del()` where `hlist_del_rcu()` was needed.

use core::ops::Deref;

use super::{
    chain::entry,
    Bucket,
    Entry,
    Locked,
    Table, //
};
use crate::{
    lock::Lock,
    Waiter, //
};

/// As [`Locked`], but looking up takes no lock, nor any other care.
pub struct Busted<E, B>(Locked<E, B>);

impl<L: Lock, E, B> Busted<E, B>
where
    E: Deref<Target = [Entry]>,
    B: Deref<Target = [Bucket<L>]>,
{
    /// Creates the table; the buckets are numbered from 0 on, and empty.
    pub fn new(entries: E, buckets: B) -> Self {
        Self(Locked::new(entries, buckets))
    }
}

impl<L, E, B> Table for Busted<E, B>
where
    L: Lock,
    E: Deref<Target = [Entry]> + Sync,
    B: Deref<Target = [Bucket<L>]> + Sync,
{
    const NAME: &'static str = "busted";

    #[inline]
    fn find(&self, key: u64, _: &Waiter) -> Option<u64> {
        let (_, bucket) = self.0.bucket(key)?;
        bucket.head.find(&self.0.entries, key)
    }

    #[inline]
    fn insert(&self, id: u32, key: u64, value: u64, me: &Waiter) {
        self.0.insert(id, key, value, me);
    }

    #[inline]
    fn remove(&self, id: u32, me: &Waiter) {
        let Some(gone) = entry(&self.0.entries, id) else {
            return;
        };
        if let Some((_, bucket)) = self.0.bucket(gone.key()) {
            let unlink = || bucket.head.unlink(&self.0.entries, id, gone.cut());
            bucket.lock.with(me, unlink);
        }
    }

    fn entries(&self) -> u64 {
        self.0.entries()
    }
}
