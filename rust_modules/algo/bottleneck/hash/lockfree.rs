// SPDX-License-Identifier: GPL-2.0

//! Lookups without a lock, among entries that are used again at once.
//!
//! After `Documentation/RCU/rculist_nulls.rst` and `__d_lookup_rcu()` in `fs/dcache.c`; that
//! lookups take no lock is the plan of Piggin, "Scaling the Linux VFS", 2009.
//!
//! ```text
//!   look at an entry ──it is another's by now, or being filled──▶ begin again
//!          │ the chain ends in another bucket's number ─────────▶ begin again
//!          ▼ in this one's: the key is not there
//! ```
//! A lookup begins again only when somebody else has changed something meanwhile. Entries are
//! never freed, so there is no grace period to wait for.

use core::ops::Deref;

use super::{
    chain::{
        ends,
        entry, //
    },
    Bucket,
    Entry,
    Locked,
    Table, //
};
use crate::{
    lock::Lock,
    primitive::cpu_relax,
    Waiter, //
};

/// As [`Locked`], but looking up takes no lock.
pub struct Lockfree<E, B>(Locked<E, B>);

/// The lookup was led astray.
struct Astray;

impl<L: Lock, E, B> Lockfree<E, B>
where
    E: Deref<Target = [Entry]>,
    B: Deref<Target = [Bucket<L>]>,
{
    /// Creates the table; the buckets are numbered from 0 on, and empty.
    pub fn new(entries: E, buckets: B) -> Self {
        Self(Locked::new(entries, buckets))
    }

    #[inline]
    fn try_find(&self, key: u64) -> Result<Option<u64>, Astray> {
        let Some((number, bucket)) = self.0.bucket(key) else {
            return Ok(None);
        };
        let mut at = bucket.head.first();
        // Entries that move may lead further than there are any.
        for _ in self.0.entries.iter() {
            let Some(entry) = entry(&self.0.entries, at) else {
                break;
            };
            let (its, value, next) = entry.piece().ok_or(Astray)?;
            if its == key {
                return Ok(Some(value));
            }
            at = next;
        }
        match ends(at, number) {
            true => Ok(None),
            false => Err(Astray),
        }
    }
}

impl<L, E, B> Table for Lockfree<E, B>
where
    L: Lock,
    E: Deref<Target = [Entry]> + Sync,
    B: Deref<Target = [Bucket<L>]> + Sync,
{
    const NAME: &'static str = "lockfree";

    #[inline]
    fn find(&self, key: u64, _: &Waiter) -> Option<u64> {
        loop {
            if let Ok(found) = self.try_find(key) {
                return found;
            }
            cpu_relax();
        }
    }

    #[inline]
    fn insert(&self, id: u32, key: u64, value: u64, me: &Waiter) {
        self.0.insert(id, key, value, me);
    }

    #[inline]
    fn remove(&self, id: u32, me: &Waiter) {
        self.0.remove(id, me);
    }

    fn entries(&self) -> u64 {
        self.0.entries()
    }
}
