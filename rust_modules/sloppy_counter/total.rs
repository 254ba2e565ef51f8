// SPDX-License-Identifier: GPL-2.0

//! A counter in a run: what it promises, and the loops that measure it.

use algo::{
    counter::Counter,
    primitive::keep, //
};
use rig::{
    Padded, //
    SingleWriter,
};

/// What a counter promises besides counting; what it does not have costs nothing.
pub(crate) trait Promise: Counter + Send + Sync + 'static {
    /// It counts references, which are got and put by turns.
    const REFS: bool = false;
    /// Bytes on each vCPU.
    const PER_VCPU: usize = 0;

    /// Returns the exact sum.
    fn sum(&self) -> i64;

    /// Returns the sum in the middle of a run.
    fn peek(&self) -> i64 {
        self.sum()
    }

    /// Returns how far the cheap read may be off.
    fn bound(&self) -> u64 {
        0
    }

    /// Carries over what this vCPU holds back.
    fn fold(&self) {}

    /// Carries over what `vcpu` held back, which has died.
    fn fold_dead(&self, vcpu: u32) {
        let _ = vcpu;
    }

    /// Changes how much a vCPU may hold back.
    fn set_threshold(&self, threshold: u32) {
        let _ = threshold;
    }

    /// Lets the bound shrink: all have been folded since the threshold changed.
    fn settle(&self) {}

    /// Returns what `vcpu` holds back.
    fn held(&self, vcpu: u32) -> i64 {
        let _ = vcpu;
        0
    }
}

/// How far one thread has got, alone on its cache lines.
#[derive(Default)]
pub(crate) struct Progress {
    /// Additions that it has begun.
    pub(crate) begun: SingleWriter,
    /// Additions that are over.
    pub(crate) done: SingleWriter,
}

/// A counter in a run, whichever it is.
pub(crate) trait Total: Send + Sync {
    /// Adds `burst` ones; of references, gets and puts one so often by turns, an even number.
    fn adds(&self, burst: u32) -> u32;

    /// Adds `burst` ones and tells before and after each.
    fn audited(&self, burst: u32, progress: &Progress);

    /// Reads so often.
    fn reads(&self, times: u32);

    /// Whether it counts references.
    fn refs(&self) -> bool;

    /// See [`Counter::read`].
    fn read(&self) -> i64;

    /// Adds in an interrupt.
    fn add_one(&self);

    /// See [`Promise::sum`].
    fn sum(&self) -> i64;

    /// See [`Promise::peek`].
    fn peek(&self) -> i64;

    /// See [`Promise::bound`].
    fn bound(&self) -> u64;

    /// See [`Promise::fold`].
    fn fold(&self);

    /// See [`Promise::fold_dead`].
    fn fold_dead(&self, vcpu: u32);

    /// See [`Promise::set_threshold`].
    fn set_threshold(&self, threshold: u32);

    /// See [`Promise::settle`].
    fn settle(&self);

    /// See [`Promise::held`].
    fn held(&self, vcpu: u32) -> i64;

    /// Bytes, once and on each vCPU.
    fn bytes(&self) -> (usize, usize);
}

/// The measured loops. `scripts/hot-check` finds them by name, once for each counter.
#[inline(never)]
fn hot_adds<C: Counter>(counter: &C, burst: u32) {
    for _ in 0..burst {
        counter.add(1);
    }
}

#[inline(never)]
fn hot_pairs<C: Counter>(counter: &C, pairs: u32) {
    for _ in 0..pairs {
        counter.add(1);
        counter.add(-1);
    }
}

#[inline(never)]
fn hot_reads<C: Counter>(counter: &C, times: u32) {
    for _ in 0..times {
        keep(counter.read());
    }
}

#[inline(never)]
fn hot_audited<C: Counter>(counter: &C, burst: u32, progress: &Progress) {
    let mut made = progress.done.get();
    for _ in 0..burst {
        made = made.wrapping_add(1);
        // The machine keeps these stores in order: who sees the addition sees that it began.
        progress.begun.set(made);
        counter.add(1);
        progress.done.set(made);
    }
}

impl<P: Promise> Total for Padded<P> {
    fn adds(&self, burst: u32) -> u32 {
        if P::REFS {
            let pairs = burst.div_ceil(2);
            hot_pairs(&**self, pairs);
            return pairs.saturating_mul(2);
        }
        hot_adds(&**self, burst);
        burst
    }

    fn audited(&self, burst: u32, progress: &Progress) {
        hot_audited(&**self, burst, progress);
    }

    fn reads(&self, times: u32) {
        hot_reads(&**self, times);
    }

    fn refs(&self) -> bool {
        P::REFS
    }

    fn read(&self) -> i64 {
        Counter::read(&**self)
    }

    fn add_one(&self) {
        self.add(1);
    }

    fn sum(&self) -> i64 {
        P::sum(self)
    }

    fn peek(&self) -> i64 {
        P::peek(self)
    }

    fn bound(&self) -> u64 {
        P::bound(self)
    }

    fn fold(&self) {
        P::fold(self);
    }

    fn fold_dead(&self, vcpu: u32) {
        P::fold_dead(self, vcpu);
    }

    fn set_threshold(&self, threshold: u32) {
        P::set_threshold(self, threshold);
    }

    fn settle(&self) {
        P::settle(self);
    }

    fn held(&self, vcpu: u32) -> i64 {
        P::held(self, vcpu)
    }

    fn bytes(&self) -> (usize, usize) {
        (size_of::<P>(), P::PER_VCPU)
    }
}
