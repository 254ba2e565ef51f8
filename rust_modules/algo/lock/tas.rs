// SPDX-License-Identifier: GPL-2.0

//! Test and set, and test and test and set, with exponential backoff.
//!
//! A waiter of `tas` writes at each attempt, which moves the cache line even if the attempt fails; one
//! of `ttas` reads until the lock is free, and writes then.
//!
//! Anderson, "The Performance of Spin Lock Alternatives for Shared-Memory Multiprocessors", 1990.

use super::backoff::Backoff;
use crate::prelude::*;

/// A word that is set by the holder; `TEST` is whether waiters read it before they write it.
pub struct TestAndSet<const TEST: bool>(Atomic<u32>);

/// Test and set.
pub type Tas = TestAndSet<false>;
/// Test, then test and set.
pub type Ttas = TestAndSet<true>;

impl<const TEST: bool> TestAndSet<TEST> {
    #[inline]
    fn take(&self) -> bool {
        // The load only says when to try. The exchange pairs with the release in `release`, of the
        // previous holder; a failed one takes the cache line, too, and spares the model a store.
        (!TEST || self.0.load(Relaxed) == 0) && self.0.cmpxchg(0, 1, Acquire).is_ok()
    }
}

impl<const TEST: bool> RawLock for TestAndSet<TEST> {
    type Token = ();

    #[inline]
    fn new() -> Self {
        Self(Atomic::new(0))
    }

    #[inline(always)]
    fn acquire(&self, me: &Waiter) {
        if !self.take() {
            me.begin_wait();
            let mut backoff = Backoff::new(me);
            while !self.take() {
                backoff.pause();
            }
        }
    }

    #[inline]
    fn try_acquire(&self, _: &Waiter) -> Option<()> {
        self.take().then_some(())
    }

    #[inline(always)]
    fn release(&self, (): (), _: &Waiter) {
        // Pairs with the acquire in `take`, of the next holder.
        self.0.store(0, Release);
    }
}
