// SPDX-License-Identifier: GPL-2.0

//! Test, then test and set: waiters read, after pauses that grow, until there is something to win.
//!
//! Anderson, "The Performance of Spin Lock Alternatives for Shared-Memory Multiprocessors", 1990.

use super::{
    backoff::Backoff,
    Lock, //
};
use crate::{
    primitive::{
        Acquire,
        Atomic,
        Relaxed,
        Release, //
    },
    Waiter, //
};

/// Whoever writes first has it, and nobody writes while it is taken.
pub struct Ttas(Atomic<u32>);

impl Ttas {
    #[inline]
    fn take(&self) -> bool {
        // The exchange pairs with the release in `free`, of whoever held it before. The load needs
        // no order: it only says when to try.
        self.0.load(Relaxed) == 0 && self.0.cmpxchg(0, 1, Acquire).is_ok()
    }

    #[inline]
    fn free(&self) {
        // Pairs with the acquire in `take`, of whoever holds it next.
        self.0.store(0, Release);
    }
}

impl Lock for Ttas {
    #[inline]
    fn new() -> Self {
        Self(Atomic::new(0))
    }

    #[inline]
    fn with<R>(&self, me: &Waiter, body: impl FnOnce() -> R) -> R {
        if !self.take() {
            me.begin_wait();
            let mut backoff = Backoff::new(me);
            while !self.take() {
                backoff.pause();
            }
        }
        let r = body();
        self.free();
        r
    }

    #[inline]
    fn try_with<R>(&self, _: &Waiter, body: impl FnOnce() -> R) -> Option<R> {
        if !self.take() {
            return None;
        }
        let r = body();
        self.free();
        Some(r)
    }
}
