// SPDX-License-Identifier: GPL-2.0

//! A lock that does not exclude, so that every run shows it would notice.
//!
//! After `lock_busted` in `kernel/locking/locktorture.c`.

use crate::prelude::*;

/// Promises to exclude, and excludes no thread.
pub struct Busted;

impl RawLock for Busted {
    type Token = ();

    #[inline]
    fn new() -> Self {
        Self
    }

    #[inline(always)]
    fn acquire(&self, _: &Waiter) {}

    #[inline]
    fn try_acquire(&self, _: &Waiter) -> Option<()> {
        Some(())
    }

    #[inline(always)]
    fn release(&self, (): (), _: &Waiter) {}
}
