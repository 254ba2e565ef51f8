// SPDX-License-Identifier: GPL-2.0

//! A central count, of which each vCPU keeps some spares.
//!
//! Boyd-Wickizer and others, "An Analysis of Linux Scalability to Many Cores", OSDI 2010,
//! section 4.3. At any moment `central >= in use + spares`; where the two differ, something is on
//! its way back. So the central count may be trusted when it says that nothing is left, and when
//! it says that a limit is kept.

use crate::prelude::*;

/// The central count, and the spares.
pub(super) struct Spares {
    /// What is in use or to spare.
    pub(super) central: Atomic<i64>,
    /// How many spares a vCPU may keep.
    threshold: u32,
    words: PerVcpu,
}

impl Spares {
    pub(super) fn new(words: PerVcpu, threshold: u32, in_use: i64) -> Self {
        Self {
            central: Atomic::new(in_use),
            threshold,
            words,
        }
    }

    /// How many a vCPU keeps when it gives some back, so that it does not do so time and again.
    #[inline(always)]
    pub(super) fn kept(&self) -> i64 {
        i64::from(self.threshold / 2)
    }

    /// Takes `n` of the spares of this vCPU, if there are as many.
    #[inline(always)]
    pub(super) fn take(&self, n: i64) -> bool {
        let mine = self.words.mine();
        let mut spares = mine.get();
        while spares >= n {
            // Pairs with the release in `give`: what its user did before is over.
            match mine.cmpxchg(spares, spares.wrapping_sub(n), Acquire) {
                Ok(_) => return true,
                Err(_) => spares = mine.get(),
            }
        }
        false
    }

    /// Gives `n` to the spares of this vCPU, and back to the central count what is too much.
    /// Returns whether that has left nothing.
    #[inline(always)]
    pub(super) fn give(&self, n: i64) -> bool {
        let mine = self.words.mine();
        let spares = mine.get();
        let all = spares.wrapping_add(n);
        // Pairs with the acquire in `take` and in `give_slowly`: what was done with it is over.
        if all <= i64::from(self.threshold) && mine.cmpxchg(spares, all, Release).is_ok() {
            return false;
        }
        self.give_slowly(n)
    }

    #[cold]
    #[inline(never)]
    fn give_slowly(&self, n: i64) -> bool {
        let mine = self.words.mine();
        loop {
            let spares = mine.get();
            let all = spares.wrapping_add(n);
            let keep = match all <= i64::from(self.threshold) {
                true => all,
                false => self.kept().min(all),
            };
            // What is taken along was given by others: pairs with their release. What is kept
            // pairs with the acquire in `take`.
            if mine.cmpxchg(spares, keep, Full).is_ok() {
                return self.give_back(all.wrapping_sub(keep));
            }
        }
    }

    /// Gives all spares of this vCPU back; returns whether that has left nothing.
    pub(super) fn fold(&self) -> bool {
        let mine = self.words.mine();
        loop {
            let spares = mine.get();
            // Pairs with the release in `give`: what was done with them is over.
            if mine.cmpxchg(spares, 0, Acquire).is_ok() {
                return self.give_back(spares);
            }
        }
    }

    /// Gives back the spares of `vcpu`, which is offline and runs nothing meanwhile.
    pub(super) fn fold_dead(&self, vcpu: u32) -> bool {
        // Pairs with the release in `give`, as in `fold`.
        let spares = self.words.dead(vcpu).map(|word| word.xchg(0, Acquire));
        self.give_back(spares.unwrap_or(0))
    }

    /// Gives `n` back to the central count; returns whether that has left nothing.
    pub(super) fn give_back(&self, n: i64) -> bool {
        // The thread that finds nothing left sees what all others released: pairs with itself.
        n != 0 && self.central.fetch_sub(n, Full) == n
    }

    /// Returns what is in use: what is on its way back counts.
    pub(super) fn in_use(&self) -> i64 {
        let spares = (0..self.words.vcpus()).map(|vcpu| self.words.of(vcpu));
        // The spares first: one that is given back meanwhile counts as in use.
        let spares = spares.fold(0, i64::wrapping_add);
        self.central.load(Relaxed).wrapping_sub(spares)
    }

    /// Returns how many spares there may be.
    pub(super) fn bound(&self) -> u64 {
        u64::from(self.words.vcpus()).saturating_mul(u64::from(self.threshold))
    }

    /// Returns whether some vCPU has some to spare.
    pub(super) fn are_some(&self) -> bool {
        (0..self.words.vcpus()).any(|vcpu| self.words.of(vcpu) != 0)
    }

    /// Returns the spares of `vcpu`.
    pub(super) fn of(&self, vcpu: u32) -> i64 {
        self.words.of(vcpu)
    }
}
