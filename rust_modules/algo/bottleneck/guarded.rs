// SPDX-License-Identifier: GPL-2.0

//! Data and the spinlock that protects it, on cache lines of their own.

use super::prelude::*;

/// A lock and its data. Two lines, since processors fetch lines in pairs.
#[repr(align(128))]
pub struct Guarded<L, T = ()> {
    pub(super) lock: L,
    pub(super) data: T,
}

impl<L: Lock, T: Default> Default for Guarded<L, T> {
    fn default() -> Self {
        Self {
            lock: L::new(),
            data: T::default(),
        }
    }
}

impl<L: Lock, T> Guarded<L, T> {
    /// Runs `body` with the lock held.
    #[inline(always)]
    pub(super) fn with<R>(&self, me: &Waiter, body: impl FnOnce(&T) -> R) -> R {
        self.lock.with(me, || body(&self.data))
    }
}

/// Runs `body` with all locks held. Every caller takes them in index order, so no two deadlock.
pub(super) fn with_all<L: Lock, T>(all: &[Guarded<L, T>], me: &Waiter, body: &mut dyn FnMut()) {
    match all.split_first() {
        None => body(),
        Some((first, rest)) => first.lock.with(me, || with_all(rest, me, body)),
    }
}
