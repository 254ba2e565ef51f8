// SPDX-License-Identifier: GPL-2.0

//! No lock: the cost of the load itself, and a control that promises to exclude.
//!
//! The control is `lock_busted` of `kernel/locking/locktorture.c`: every run must catch it.

use crate::prelude::*;

/// Excludes no thread; whether it promises to, `PROMISED`, stands in the list of locks.
pub struct NoLock<const PROMISED: bool>;

/// No lock, and no promise.
pub type Empty = NoLock<false>;
/// Promises to exclude, and does not.
pub type Busted = NoLock<true>;

impl<const PROMISED: bool> RawLock for NoLock<PROMISED> {
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
