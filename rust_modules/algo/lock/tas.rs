// SPDX-License-Identifier: GPL-2.0

//! Test and set: every waiter writes, all the time.
//!
//! Anderson, "The Performance of Spin Lock Alternatives for Shared-Memory Multiprocessors", 1990.

use super::Lock;
use crate::{
    primitive::{
        cpu_relax,
        Acquire,
        Atomic,
        Release, //
    },
    Events, //
};

/// Whoever writes first has it.
pub struct Tas(Atomic<u32>);

impl Lock for Tas {
    const NAME: &'static str = "tas";

    #[inline]
    fn new() -> Self {
        Self(Atomic::new(0))
    }

    #[inline]
    fn with<R>(&self, _: &Events, body: impl FnOnce() -> R) -> R {
        // Pairs with the release below, of whoever held it before.
        // The locked instruction takes the cache line even when it fails; the model is spared a
        // store for each failure.
        while self.0.cmpxchg(0, 1, Acquire).is_err() {
            cpu_relax();
        }
        let r = body();
        // Pairs with the acquire above, of whoever holds it next.
        self.0.store(0, Release);
        r
    }
}
