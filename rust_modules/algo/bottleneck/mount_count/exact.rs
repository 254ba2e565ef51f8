// SPDX-License-Identifier: GPL-2.0

//! One atomic, which every get and every put changes.

use super::Count;
use crate::{
    counter::EachVcpu,
    primitive::{
        Atomic,
        Full,
        Relaxed, //
    },
    Waiter, //
};

/// The count.
pub struct Exact(Atomic<i64>);

impl Exact {
    /// Creates it with one reference.
    pub fn new() -> Self {
        Self(Atomic::new(1))
    }
}

impl Default for Exact {
    fn default() -> Self {
        Self::new()
    }
}

impl Count for Exact {
    const NAME: &'static str = "exact";

    #[inline(always)]
    fn get(&self, _: &Waiter) {
        // Whoever gets one has one, or knows that it is attached: nothing is handed over.
        self.0.add(1, Relaxed);
    }

    #[inline(always)]
    fn put(&self, _: &Waiter) -> bool {
        // What was done with any of them is over for who puts the last: pairs with itself.
        self.0.fetch_sub(1, Full) == 1
    }

    fn detach(&self, _: &impl EachVcpu, me: &Waiter) -> bool {
        self.put(me)
    }

    fn revive(&self) {
        self.0.store(1, Relaxed);
    }
}
