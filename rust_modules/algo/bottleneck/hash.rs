// SPDX-License-Identifier: GPL-2.0

//! A table that everyone looks things up in, and whose entries come and go.
//!
//! Piggin, "Scaling the Linux VFS", LinuxCon 2009: the hashes of inodes and of directory entries,
//! each under one lock with all else; a lock for each bucket, and lookups without any.
//!
//! | variant | looking up | changing |
//! |---|---|---|
//! | `one` | the one lock | the one lock |
//! | `bucket` | the bucket's lock | the bucket's lock |
//! | `lockfree` | looks, and looks again if it was led astray | the bucket's lock |
//! | `busted` | looks, and believes what it sees | the bucket's lock |
//!
//! An entry that was removed may be used again at once, for another key, while somebody is still
//! looking at it. Today's kernel has lookups without a lock in both tables: directory entries bear
//! a sequence count, and where entries are used again at once, chains end in the bucket's number.

mod bucket;
mod busted;
mod chain;
mod lockfree;
mod one;
mod work;

use crate::Waiter;

pub use self::{
    bucket::{
        Bucket,
        Locked, //
    },
    busted::Busted,
    chain::{
        bucket_of,
        Entry,
        Head, //
    },
    lockfree::Lockfree,
    one::One,
    work::{
        Truth,
        Work, //
    },
};

/// A table of numbered entries. The caller stays on its vCPU meanwhile.
pub trait Table: Sync {
    /// The name of the variant.
    const NAME: &'static str;

    /// Returns the value that `key` has; none if it has not been in the table at some moment
    /// meanwhile.
    fn find(&self, key: u64, me: &Waiter) -> Option<u64>;

    /// Puts entry `id`, which the caller has and which is not in the table, in with these.
    fn insert(&self, id: u32, key: u64, value: u64, me: &Waiter);

    /// Takes entry `id`, which the caller has and which is in the table, out of it.
    fn remove(&self, id: u32, me: &Waiter);

    /// Counts the entries; exact while none comes and none goes.
    fn entries(&self) -> u64;
}
