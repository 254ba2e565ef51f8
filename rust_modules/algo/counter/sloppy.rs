// SPDX-License-Identifier: GPL-2.0

//! The sloppy counter: cheap to add to, approximate to read, with a bound.
//!
//! Boyd-Wickizer and others, "An Analysis of Linux Scalability to Many Cores", OSDI 2010,
//! section 4.3: a central count, and on each core a number of spares that is not in it. The fast
//! path is that of `lib/percpu_counter.c`; there is no lock on the slow one.
//!
//! A vCPU holds back less than the threshold S, so the central count is off by at most
//! `vCPUs × (S - 1)`, and by what additions under way add. [`word`] explains why
//! the sum is exact all the same.
//!
//! May be used in any context. A task may be interrupted and moved between any two instructions:
//! the decision to hold back is committed by a compare-and-exchange on the vCPU where it is made
//! true. Interrupts are off for the few instructions of carrying over. An NMI that comes just
//! there and carries over too loses nothing; while it lasts, the read may be off by S more.

use core::cmp::Ordering;

use super::{
    word::{
        self,
        Words, //
    },
    Reading, //
};
use crate::prelude::*;

/// The central count, and what each vCPU holds back.
pub struct Sloppy {
    central: Atomic<i64>,
    threshold: Atomic<u32>,
    /// How far the central count may be off.
    bound: Atomic<u64>,
    /// What [`take`](Self::take) has taken.
    taken: Atomic<i64>,
    words: Words,
}

impl Sloppy {
    /// Creates a counter at zero; `threshold` is at least 1, and with 1 it is exact.
    pub fn new(words: PerVcpu, threshold: u32) -> Self {
        let words = Words(words);
        let threshold = words.allowed(threshold);
        Self {
            central: Atomic::new(0),
            threshold: Atomic::new(threshold),
            bound: Atomic::new(bound(&words, threshold)),
            taken: Atomic::new(0),
            words,
        }
    }

    /// Returns how far the cheap read may be off, besides what additions under way add.
    pub fn bound(&self) -> u64 {
        self.bound.load(Relaxed)
    }

    /// Returns the cheap read with its bound.
    pub fn read_within(&self) -> Reading {
        // The bound first; pairs with the release in `settle`: one that shrank is that of what was
        // folded, while a value from before the fold may be off by more. For one that grows after
        // this, additions that use the new threshold are under way.
        let bound = self.bound.load(Acquire);
        let value = self.read();
        Reading { value, bound }
    }

    /// Returns the sum without disturbing other vCPUs: every addition that was over when it began is in
    /// it, none that began when it had ended, and of those in between each is or is not, whole.
    ///
    /// So where all additions have one sign, it is what the count was at some moment meanwhile.
    /// Additions under way at one moment must come to less than 2³⁰ together.
    pub fn sum(&self) -> i64 {
        self.words.sum(&self.central)
    }

    /// Compares the count with `value`: by the cheap read where its bound decides, else by the
    /// sum.
    pub fn compare(&self, value: i64) -> Ordering {
        let cheap = self.read_within().compare(value);
        cheap.unwrap_or_else(|| self.sum().cmp(&value))
    }

    /// Returns what was added since it was last taken. Each addition is taken once.
    pub fn take(&self) -> i64 {
        loop {
            // Pairs with the release below: the sum sees at least what the last taker saw.
            let taken = self.taken.load(Acquire);
            let sum = self.sum();
            // The first taker takes what is there; the other finds less.
            if self.taken.cmpxchg(taken, sum, Release).is_ok() {
                return sum.wrapping_sub(taken);
            }
        }
    }

    /// Carries over what this vCPU holds back.
    pub fn fold(&self) {
        while !undisturbed(|| self.carry_over(0, 1)) {}
    }

    /// Carries over what `vcpu` held back, which is offline and runs nothing meanwhile.
    pub fn fold_dead(&self, vcpu: u32) {
        self.central.add(self.words.carry_dead(vcpu), Relaxed);
    }

    /// Carries over what every vCPU holds back: afterwards the read is off by no more than what
    /// was added since the fold began.
    pub fn fold_all(&self, vcpus: &impl EachVcpu) {
        vcpus.visit(&|| self.fold(), &|vcpu| self.fold_dead(vcpu));
    }

    /// Changes the threshold; nothing is lost. One at a time. A bound that grows does so at once;
    /// one that may shrink does so in [`settle`](Self::settle).
    pub fn set_threshold(&self, threshold: u32) {
        let threshold = self.words.allowed(threshold);
        let bound = bound(&self.words, threshold);
        if bound > self.bound.load(Relaxed) {
            self.bound.store(bound, Relaxed);
        }
        // After the bound, for a reader that acquires what a vCPU did with it.
        self.threshold.store(threshold, Release);
    }

    /// Lets the bound shrink to that of the threshold. All additions that may have seen an
    /// earlier one are over, and every vCPU has been folded since.
    pub fn settle(&self) {
        let threshold = self.threshold.load(Relaxed);
        let bound = bound(&self.words, threshold);
        // Pairs with the acquire in `read_within`.
        self.bound.store(bound, Release);
    }

    /// Returns what `vcpu` holds back.
    pub fn held(&self, vcpu: u32) -> i64 {
        self.words.held(vcpu)
    }

    #[cold]
    #[inline(never)]
    fn add_slowly(&self, n: i64) {
        while !undisturbed(|| self.carry_over(n, self.threshold.load(Relaxed))) {}
    }

    /// Adds `n`, and carries over what then reaches `threshold`; false if the word changed
    /// meanwhile. It is added to the central count first: what is in both for a moment makes the
    /// read no worse, what is in neither would.
    fn carry_over(&self, n: i64, threshold: u32) -> bool {
        let mine = self.words.0.mine();
        let word = mine.get();
        let all = word::held(word).wrapping_add(n);
        if word::within(all, threshold) {
            let new = word.wrapping_add(n);
            return mine.cmpxchg(word, new, Relaxed).is_ok();
        }
        // Pairs with the acquire in `Words::sum`, as the next one does: what this vCPU carried over
        // before is in its word.
        self.central.fetch_add(all, Release);
        // What is in the word is in the central count.
        if mine.cmpxchg(word, word::carry(word, all), Release).is_ok() {
            return true;
        }
        self.central.add(all.wrapping_neg(), Relaxed);
        false
    }
}

fn bound(words: &Words, threshold: u32) -> u64 {
    u64::from(words.vcpus()).saturating_mul(u64::from(threshold.saturating_sub(1)))
}

impl Counter for Sloppy {
    #[inline(always)]
    fn add(&self, n: i64) {
        // No order is needed: a reader that sees one and not the other is merely early.
        if !self.words.hold(n, self.threshold.load(Relaxed)) {
            self.add_slowly(n);
        }
    }

    #[inline(always)]
    fn read(&self) -> i64 {
        self.central.load(Relaxed)
    }
}
