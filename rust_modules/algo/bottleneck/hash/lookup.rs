// SPDX-License-Identifier: GPL-2.0

//! Lookups in a hash table: with a lock, without one, and without one and wrong.
//!
//! After `Documentation/RCU/rculist_nulls.rst` and `__d_lookup_rcu()` in `fs/dcache.c`.
//!
//! ```text
//!   read an entry ──it is being filled for another key───────▶ retry
//!          │ the chain ends in the number of another bucket ──▶ retry
//!          ▼ in this bucket's: the key is absent
//! ```
//! A lockless lookup retries only if another thread updated the table meanwhile. Entries are never
//! freed, so there is no grace period.

use super::{
    chain::ends,
    Entry,
    Head, //
};
use crate::bottleneck::prelude::*;

/// A way to look up a key.
pub trait Lookup: Default + Sync {
    /// Whether lookups take the lock of the bucket.
    const LOCKS: bool = false;

    /// Returns the value of `key`, which belongs to `bucket` with the chain `head`.
    fn find(head: &Head, all: &[Entry], bucket: u32, key: u64) -> Option<u64>;

    /// Prepares an entry for its removal; returns what follows it. The entry itself stays as it is,
    /// for the lookups that are at it.
    #[inline]
    fn detach(gone: &Entry) -> u32 {
        gone.next()
    }
}

/// Lookups take the lock.
#[derive(Default)]
pub struct Locked;

impl Lookup for Locked {
    const LOCKS: bool = true;

    #[inline]
    fn find(head: &Head, all: &[Entry], _: u32, key: u64) -> Option<u64> {
        head.find(all, key)
    }
}

/// Lookups take no lock.
#[derive(Default)]
pub struct Lockfree;

/// The lookup followed an entry into another chain, or read it while it was being filled.
struct Retry;

fn try_find(head: &Head, all: &[Entry], bucket: u32, key: u64) -> Result<Option<u64>, Retry> {
    let mut at = head.first();
    // Bounded: entries that move may lead a lookup in circles.
    for _ in all {
        let Some(entry) = all.get(at as usize) else {
            break;
        };
        let (its, value, next) = entry.piece().ok_or(Retry)?;
        if its == key {
            return Ok(Some(value));
        }
        at = next;
    }
    match ends(at, bucket) {
        true => Ok(None),
        false => Err(Retry),
    }
}

impl Lookup for Lockfree {
    #[inline]
    fn find(head: &Head, all: &[Entry], bucket: u32, key: u64) -> Option<u64> {
        loop {
            if let Ok(found) = try_find(head, all, bucket, key) {
                return found;
            }
            cpu_relax();
        }
    }
}

/// Lookups take no lock and never retry; the oracle must catch it.
///
/// `Documentation/RCU/rculist_nulls.rst` warns of it: a reused entry leads a lookup into another
/// chain, or shows it one key with the value of the next. Besides, a removed entry is cut off:
/// `hlist_del()` where `hlist_del_rcu()` is required.
#[derive(Default)]
pub struct Busted;

impl Lookup for Busted {
    #[inline]
    fn find(head: &Head, all: &[Entry], _: u32, key: u64) -> Option<u64> {
        head.find(all, key)
    }

    #[inline]
    fn detach(gone: &Entry) -> u32 {
        gone.cut()
    }
}
