// SPDX-License-Identifier: GPL-2.0

//! Test and set: every waiter writes, again and again, after pauses that grow.
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
        Release, //
    },
    Waiter, //
};

/// Whoever writes first has it.
pub struct Tas(Atomic<u32>);

impl Tas {
    #[inline]
    fn take(&self) -> bool {
        // Pairs with the release in `free`, of whoever held it before. The locked instruction
        // takes the cache line even when it fails; the model is spared a store for each failure.
        self.0.cmpxchg(0, 1, Acquire).is_ok()
    }

    #[inline]
    fn free(&self) {
        // Pairs with the acquire in `take`, of whoever holds it next.
        self.0.store(0, Release);
    }
}

impl Lock for Tas {
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
