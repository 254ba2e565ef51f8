// SPDX-License-Identifier: GPL-2.0

//! Buckets of a hash table: the heads of the chains, and the lock or locks of the chains.

use super::Head;
use crate::bottleneck::prelude::*;

/// Numbered buckets.
pub trait Buckets: Sync {
    /// Returns how many there are.
    fn count(&self) -> usize;

    /// Returns the chain of a bucket.
    fn head(&self, bucket: u32) -> Option<&Head>;

    /// Runs `body` with the lock of a bucket held; `None` if there is no such bucket.
    fn with<R>(&self, bucket: u32, me: &Waiter, body: impl FnOnce(&Head) -> R) -> Option<R>;
}

/// All buckets under one lock.
pub struct OneLock<L, B> {
    lock: L,
    heads: B,
}

impl<L: Lock, B: Storage<Item = Head>> OneLock<L, B> {
    /// Creates the lock of the empty chains `heads`.
    pub fn new(heads: B) -> Self {
        Self {
            lock: L::new(),
            heads,
        }
    }
}

impl<L: Lock, B: Storage<Item = Head>> Buckets for OneLock<L, B> {
    #[inline]
    fn count(&self) -> usize {
        self.heads.len()
    }

    #[inline]
    fn head(&self, bucket: u32) -> Option<&Head> {
        self.heads.get(bucket as usize)
    }

    #[inline]
    fn with<R>(&self, bucket: u32, me: &Waiter, body: impl FnOnce(&Head) -> R) -> Option<R> {
        let head = self.heads.get(bucket as usize)?;
        Some(self.lock.with(me, || body(head)))
    }
}

/// A chain and its lock, packed next to those of other buckets.
pub struct Bucket<L> {
    lock: L,
    head: Head,
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

/// Each bucket under its own lock.
pub struct PerBucket<B>(pub B);

impl<L: Lock + 'static, B: Storage<Item = Bucket<L>>> Buckets for PerBucket<B> {
    #[inline]
    fn count(&self) -> usize {
        self.0.len()
    }

    #[inline]
    fn head(&self, bucket: u32) -> Option<&Head> {
        Some(&self.0.get(bucket as usize)?.head)
    }

    #[inline]
    fn with<R>(&self, bucket: u32, me: &Waiter, body: impl FnOnce(&Head) -> R) -> Option<R> {
        let Bucket { lock, head } = self.0.get(bucket as usize)?;
        Some(lock.with(me, || body(head)))
    }
}
