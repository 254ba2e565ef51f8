// SPDX-License-Identifier: GPL-2.0

//! Counter under test: its promises, and the measured loops.

use abi::sloppy_counter::Config;
use algo::{
    counter::Counter,
    primitive::keep, //
};
use rig::prelude::*;

/// Promises of a counter besides counting; those that it lacks cost nothing.
pub(crate) trait Promise: Counter + Send + 'static {
    /// Makes the counter.
    fn new(config: &Config) -> Result<Self>
    where
        Self: Sized;

    /// Returns its size on each vCPU, in bytes.
    fn bytes_per_vcpu(&self) -> usize {
        0
    }

    /// Returns the exact sum.
    fn sum(&self) -> i64 {
        self.read()
    }

    /// Returns the sum in the middle of a run.
    fn peek(&self) -> i64 {
        self.sum()
    }

    /// Returns the bound on the error of the cheap read.
    fn bound(&self) -> u64 {
        0
    }

    /// Folds what this vCPU holds back.
    fn fold(&self) {}

    /// Folds what `vcpu` held back, which has gone offline.
    fn fold_dead(&self, vcpu: u32) {
        let _ = vcpu;
    }

    /// Changes the most that a vCPU may hold back.
    fn set_threshold(&self, threshold: u32) {
        let _ = threshold;
    }

    /// Lets the bound shrink: all vCPUs have been folded since the threshold changed.
    fn settle(&self) {}

    /// Returns what `vcpu` holds back.
    fn held(&self, vcpu: u32) -> i64 {
        let _ = vcpu;
        0
    }
}

/// Additions of one thread, alone on their cache lines.
#[derive(Default)]
pub(crate) struct Progress {
    /// Additions begun.
    pub(crate) begun: SingleWriter,
    /// Additions done.
    pub(crate) done: SingleWriter,
}

/// Counter under test, of any type.
pub(crate) trait Subject: Send + Sync {
    /// Returns the counter with its promises.
    fn promise(&self) -> &dyn Promise;

    /// Returns its size, in bytes.
    fn bytes(&self) -> usize;

    /// Adds `burst` ones, or gets and puts so many references by turns; returns how many, which of
    /// references is even.
    fn adds(&self, burst: u32) -> u32;

    /// Adds `burst` ones, and publishes the beginning and the end of each.
    fn audited(&self, burst: u32, progress: &Progress);

    /// Reads so often.
    fn reads(&self, times: u32);
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
        // The machine keeps these stores in order: a reader of the addition sees that it began.
        progress.begun.set(made);
        counter.add(1);
        progress.done.set(made);
    }
}

/// Counter of one type; `REFS` if it counts references.
pub(crate) struct Measured<P, const REFS: bool>(pub(crate) Padded<P>);

impl<P: Promise, const REFS: bool> Subject for Measured<P, REFS> {
    fn promise(&self) -> &dyn Promise {
        &*self.0
    }

    fn bytes(&self) -> usize {
        size_of::<P>()
    }

    fn adds(&self, burst: u32) -> u32 {
        if REFS {
            let pairs = burst.div_ceil(2);
            hot_pairs(&*self.0, pairs);
            return pairs.saturating_mul(2);
        }
        hot_adds(&*self.0, burst);
        burst
    }

    fn audited(&self, burst: u32, progress: &Progress) {
        hot_audited(&*self.0, burst, progress);
    }

    fn reads(&self, times: u32) {
        hot_reads(&*self.0, times);
    }
}
