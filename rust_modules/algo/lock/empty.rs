// SPDX-License-Identifier: GPL-2.0

//! No lock: the cost of the load itself, and controls that promise to exclude.
//!
//! `Busted` is `lock_busted` of `kernel/locking/locktorture.c`: every run must catch it, and every run with
//! readers `BustedReaders`.

use super::Ttas;
use crate::prelude::*;

/// Excludes no thread; whether it promises to, `PROMISED`, stands in the list of locks.
pub struct NoLock<const PROMISED: bool>;

/// No lock, and no promise.
pub type Empty = NoLock<false>;
/// Promises to exclude, and does not.
pub type Busted = NoLock<true>;

impl<const PROMISED: bool> Lock for NoLock<PROMISED> {
    const SHARES: bool = true;

    #[inline]
    fn new() -> Self {
        Self
    }

    #[inline(always)]
    fn with<R>(&self, _: &Waiter, body: impl FnOnce() -> R) -> R {
        body()
    }

    #[inline]
    fn try_with<R>(&self, _: &Waiter, body: impl FnOnce() -> R) -> Option<R> {
        Some(body())
    }
}

/// Excludes writers from each other, and lets readers in beside a writer.
pub struct BustedReaders(Ttas);

impl Lock for BustedReaders {
    const SHARES: bool = true;

    #[inline]
    fn new() -> Self {
        Self(Lock::new())
    }

    #[inline]
    fn with<R>(&self, me: &Waiter, body: impl FnOnce() -> R) -> R {
        self.0.with(me, body)
    }

    #[inline]
    fn with_shared<R>(&self, _: &Waiter, body: impl FnOnce() -> R) -> R {
        body()
    }

    #[inline]
    fn try_with<R>(&self, me: &Waiter, body: impl FnOnce() -> R) -> Option<R> {
        self.0.try_with(me, body)
    }
}
