// SPDX-License-Identifier: GPL-2.0

//! Sloppy reference counts: to get one is to take a spare, to put it is to leave a spare.
//!
//! Boyd-Wickizer and others, "An Analysis of Linux Scalability to Many Cores", OSDI 2010,
//! section 4.3: the counts of dentries, mounts and routes, contended for 120 to 4000 cycles a
//! `atomic_dec_and_test` before.
//!
//! The central count is never less than the references and the spares together. So when it
//! becomes zero, there are neither; and as none is given out at zero, it becomes so once: the thread
//! that takes the last part away decides. Code that knows the central count alone counts right too
//! ([`get_central`](SloppyRef::get_central), [`put_central`](SloppyRef::put_central)). Nothing is
//! decided while there are spares: a caller that wants to know folds them first
//! ([`try_reclaim`](SloppyRef::try_reclaim)).
//!
//! May be used in any context, in NMIs too: no step holds anything.

use super::spares::Spares;
use crate::prelude::*;

/// References to an object that is freed with the last one.
pub struct SloppyRef(Spares);

impl SloppyRef {
    /// Creates the count, with one reference, which is the caller's. A vCPU keeps at most
    /// `threshold` spares.
    pub fn new(words: PerVcpu, threshold: u32) -> Self {
        Self(Spares::new(words, threshold, 1))
    }

    /// Gets a reference, unless the last one has gone.
    #[inline(always)]
    pub fn get(&self) -> bool {
        self.0.take(1) || self.get_central()
    }

    /// Puts a reference; returns whether it was the last, which is so for one alone.
    #[inline(always)]
    #[must_use = "the last put has to clean up"]
    pub fn put(&self) -> bool {
        self.0.give(1)
    }

    /// Gets a reference the way that code does which knows no spares.
    #[inline]
    pub fn get_central(&self) -> bool {
        let mut count = self.0.central.load(Relaxed);
        while count != 0 {
            // Pairs with the release in `revive`, where what it stands for was made anew.
            match self
                .0
                .central
                .cmpxchg(count, count.wrapping_add(1), Acquire)
            {
                Ok(_) => return true,
                Err(now) => count = now,
            }
        }
        false
    }

    /// Puts a reference the way that code does which knows no spares.
    #[must_use = "the last put has to clean up"]
    pub fn put_central(&self) -> bool {
        self.0.give_back(1)
    }

    /// Gives back the spares of this vCPU; returns whether that has left nothing.
    #[must_use = "the caller has to clean up if nothing is left"]
    pub fn fold(&self) -> bool {
        self.0.fold()
    }

    /// Gives back the spares of `vcpu`, which is offline and runs nothing meanwhile.
    #[must_use = "the caller has to clean up if nothing is left"]
    pub fn fold_dead(&self, vcpu: u32) -> bool {
        self.0.fold_dead(vcpu)
    }

    /// Gives back all spares; returns whether that has left nothing. If all references had been
    /// put before, then either this or a concurrent call returns so.
    #[must_use = "the caller has to clean up if nothing is left"]
    pub fn try_reclaim(&self, vcpus: &impl EachVcpu) -> bool {
        let nothing_left = Atomic::new(false);
        // A visit is over when the next begins, and all before this goes on.
        let note = |zero| {
            if zero {
                nothing_left.store(true, Relaxed);
            }
        };
        vcpus.visit(&|| note(self.fold()), &|vcpu| note(self.fold_dead(vcpu)));
        nothing_left.load(Relaxed)
    }

    /// Begins anew with one reference, the caller's, which had found that the last one was gone.
    pub fn revive(&self) {
        // Pairs with the acquire in `get_central`.
        self.0.central.store(1, Release);
    }

    /// Returns how many references there are; exact while none is got or put.
    pub fn in_use(&self) -> i64 {
        self.0.in_use()
    }

    /// Returns by how much the central count may exceed the references.
    pub fn bound(&self) -> u64 {
        self.0.bound()
    }

    /// Returns how many spares `vcpu` has.
    pub fn spares(&self, vcpu: u32) -> i64 {
        self.0.of(vcpu)
    }
}

impl Counter for SloppyRef {
    /// Gets one for a positive `n`, puts one for a negative; the creator's keeps it from zero.
    #[inline(always)]
    fn add(&self, n: i64) {
        match n > 0 {
            true => self.get(),
            false => self.put(),
        };
    }

    #[inline(always)]
    fn read(&self) -> i64 {
        self.0.central.load(Relaxed).wrapping_sub(1)
    }
}
