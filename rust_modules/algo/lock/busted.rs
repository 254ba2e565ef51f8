// SPDX-License-Identifier: GPL-2.0

//! A lock that does not exclude, so that every run can show it would notice.
//!
//! After `lock_busted` in `kernel/locking/locktorture.c`.

use super::Lock;
use crate::Waiter;

/// Claims to exclude, and excludes nobody.
pub struct Busted;

impl Lock for Busted {
    #[inline]
    fn new() -> Self {
        Self
    }

    #[inline]
    fn with<R>(&self, _: &Waiter, body: impl FnOnce() -> R) -> R {
        body()
    }

    #[inline]
    fn try_with<R>(&self, _: &Waiter, body: impl FnOnce() -> R) -> Option<R> {
        Some(body())
    }
}
