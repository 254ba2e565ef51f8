// SPDX-License-Identifier: GPL-2.0

//! No lock: the cost of the load itself.

use crate::prelude::*;

/// Excludes no thread, and does not promise to.
pub struct Empty;

impl RawLock for Empty {
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
