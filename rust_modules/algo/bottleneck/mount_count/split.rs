// SPDX-License-Identifier: GPL-2.0

//! Short-term references counted per vCPU, long-term references in one word.
//!
//! `mnt_longterm` of Linux 2.6.38 to 3.0, by Piggin and Kleen: while a long-term reference exists, a
//! put cannot be the last one, and looks no further. Without one it takes the locks of all vCPUs,
//! and adds up their counts.

use super::Count;
use crate::{
    bottleneck::{
        brlock::Brlock,
        prelude::*,
        Guarded, //
    },
    primitive::{
        undisturbed,
        PerVcpu, //
    }, //
};

/// The counts, and the locks; the first reference is a long-term one if `PINNED`.
pub struct Split<A, L, const PINNED: bool> {
    locks: Brlock<A, L>,
    short: PerVcpu,
    /// Written under all locks, and read under any.
    long: Atomic<i64>,
}

impl<A: Storage<Item = Guarded<L>>, L: Lock, const PINNED: bool> Split<A, L, PINNED> {
    /// Creates it with one reference.
    pub fn new(short: PerVcpu, lanes: A) -> Self {
        let split = Self {
            locks: Brlock::new(lanes),
            short,
            long: Atomic::new(0),
        };
        split.begin();
        split
    }

    fn begin(&self) {
        self.long.store(PINNED.into(), Relaxed);
        if !PINNED {
            self.short.add(1);
        }
    }

    /// Returns whether no reference is left; the caller holds all locks. A concurrent get has
    /// another reference, which is counted until its put takes one of these locks.
    fn is_over(&self) -> bool {
        let short = (0..self.short.vcpus()).map(|vcpu| self.short.of(vcpu));
        short.fold(self.long.load(Relaxed), i64::wrapping_add) == 0
    }

    /// Runs `drop` under all locks; returns whether no reference is left then.
    fn is_last(&self, me: &Waiter, drop: impl Fn()) -> bool {
        let mut last = false;
        self.locks.write(me, &mut || {
            drop();
            last = self.is_over();
        });
        last
    }
}

impl<A: Storage<Item = Guarded<L>>, L: Lock, const PINNED: bool> Count for Split<A, L, PINNED> {
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
        self.is_last(me, || self.short.add(-1))
    }

    fn detach(&self, me: &Waiter) -> bool {
        // A holder that may be preempted would keep those waiting that may not, on its own vCPU for ever.
        undisturbed(|| match PINNED {
            true => self.is_last(me, || self.long.store(0, Relaxed)),
            false => self.put(me),
        })
    }

    fn revive(&self) {
        let words = (0..self.short.vcpus()).filter_map(|vcpu| self.short.dead(vcpu));
        words.for_each(|word| word.store(0, Relaxed));
        self.begin();
    }
}
