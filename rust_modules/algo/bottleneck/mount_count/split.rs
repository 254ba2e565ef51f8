// SPDX-License-Identifier: GPL-2.0

//! References for a short term, counted on each vCPU, and for a long term, counted together.
//!
//! Piggin and Kleen in Linux 2.6.38 to 3.0, `mnt_longterm`: as long as there is one for a long term
//! a put cannot be the last one, and need not look further. Without one it takes the locks of all
//! vCPUs, and adds up.

use core::ops::Deref;

use super::Count;
use crate::{
    bottleneck::brlock::{
        Brlock,
        Lane, //
    },
    counter::EachVcpu,
    lock::Lock,
    primitive::{
        Atomic,
        PerVcpu,
        Relaxed, //
    },
    Waiter, //
};

/// The counts, and the locks.
pub struct Split<A, L> {
    locks: Brlock<A, L>,
    short: PerVcpu,
    /// Changes under all locks, and is read under any.
    long: Atomic<i64>,
    /// Whether the first reference is one for a long term.
    pinned: bool,
}

impl<A: Deref<Target = [Lane<L>]>, L: Lock> Split<A, L> {
    /// Creates it with one reference, for a long term if it is `pinned`.
    pub fn new(short: PerVcpu, lanes: A, pinned: bool) -> Self {
        let split = Self {
            locks: Brlock::new(lanes),
            short,
            long: Atomic::new(0),
            pinned,
        };
        split.begin();
        split
    }

    fn begin(&self) {
        self.long.store(self.pinned.into(), Relaxed);
        if !self.pinned {
            self.short.add(1);
        }
    }

    /// Whether there is none; the caller holds all locks. Who gets one meanwhile has another, which
    /// is counted until he has one of these locks.
    fn is_over(&self) -> bool {
        let short = (0..self.short.vcpus()).map(|vcpu| self.short.of(vcpu));
        short.fold(self.long.load(Relaxed), i64::wrapping_add) == 0
    }
}

impl<A: Deref<Target = [Lane<L>]> + Sync, L: Lock> Count for Split<A, L> {
    const NAME: &'static str = "split";

    #[inline(always)]
    fn get(&self, _: &Waiter) {
        self.short.add(1);
    }

    #[inline]
    fn put(&self, me: &Waiter) -> bool {
        let is_pinned = || {
            let is_pinned = self.long.load(Relaxed) > 0;
            if is_pinned {
                self.short.add(-1);
            }
            is_pinned
        };
        if self.locks.read(me, is_pinned) == Some(true) {
            return false;
        }
        let mut last = false;
        self.locks.write(me, &mut || {
            self.short.add(-1);
            last = self.is_over();
        });
        last
    }

    fn detach(&self, _: &impl EachVcpu, me: &Waiter) -> bool {
        if !self.pinned {
            return self.put(me);
        }
        let mut last = false;
        self.locks.write(me, &mut || {
            self.long.store(0, Relaxed);
            last = self.is_over();
        });
        last
    }

    fn revive(&self) {
        let words = (0..self.short.vcpus()).filter_map(|vcpu| self.short.dead(vcpu));
        words.for_each(|word| word.store(0, Relaxed));
        self.begin();
    }
}
