// SPDX-License-Identifier: GPL-2.0

//! Locks that acquire and release apart, since they need no queue node on the holder's stack.

use crate::prelude::*;

/// A lock of two halves; its [`Lock`] follows from them.
pub trait RawLock: Sync {
    /// What the holder keeps for the release: its ticket, or nothing.
    type Token;

    /// Creates the lock, free.
    fn new() -> Self;

    /// Waits for the lock and takes it.
    fn acquire(&self, me: &Waiter) -> Self::Token;

    /// Takes the lock if that needs no wait.
    fn try_acquire(&self, me: &Waiter) -> Option<Self::Token>;

    /// Frees the lock. The caller holds it, and `token` came with it.
    fn release(&self, token: Self::Token, me: &Waiter);
}

impl<L: RawLock> Lock for L {
    #[inline]
    fn new() -> Self {
        RawLock::new()
    }

    #[inline]
    fn with<R>(&self, me: &Waiter, body: impl FnOnce() -> R) -> R {
        let token = self.acquire(me);
        let r = body();
        self.release(token, me);
        r
    }

    #[inline]
    fn try_with<R>(&self, me: &Waiter, body: impl FnOnce() -> R) -> Option<R> {
        let token = self.try_acquire(me)?;
        let r = body();
        self.release(token, me);
        Some(r)
    }
}
