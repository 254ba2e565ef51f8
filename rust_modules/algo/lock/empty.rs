// SPDX-License-Identifier: GPL-2.0

//! No lock: what the load costs without one.

use super::Lock;
use crate::Waiter;

/// Excludes nobody, and does not claim to.
pub struct Empty;

impl Lock for Empty {
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
