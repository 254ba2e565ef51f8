// SPDX-License-Identifier: GPL-2.0

//! Test, then test and set: waiters read until there is something to win.
//!
//! Anderson, "The Performance of Spin Lock Alternatives for Shared-Memory Multiprocessors", 1990.

use super::Lock;
use crate::{
    primitive::{
        cpu_relax,
        Acquire,
        Atomic,
        Relaxed,
        Release, //
    },
    Events, //
};

/// Whoever writes first has it, and nobody writes while it is taken.
pub struct Ttas(Atomic<u32>);

impl Lock for Ttas {
    const NAME: &'static str = "ttas";

    #[inline]
    fn new() -> Self {
        Self(Atomic::new(0))
    }

    #[inline]
    fn with<R>(&self, _: &Events, body: impl FnOnce() -> R) -> R {
        // Pairs with the release below, of whoever held it before. The load needs no order: it
        // only says when to try.
        while self.0.load(Relaxed) != 0 || self.0.cmpxchg(0, 1, Acquire).is_err() {
            cpu_relax();
        }
        let r = body();
        // Pairs with the acquire above, of whoever holds it next.
        self.0.store(0, Release);
        r
    }
}
