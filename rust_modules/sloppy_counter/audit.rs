// SPDX-License-Identifier: GPL-2.0

//! Audit: reads compared with the truth while others add.
//!
//! Each thread publishes its additions before and after each. An audited read sums up those that are
//! done, reads the counter, and sums up those that have begun: the truth was in between, however long
//! any of the three took. The error of a read is its distance from that interval, so it is certain.

use algo::histogram::{
    Histogram,
    BUCKETS, //
};
use rig::{
    prelude::*,
    zeros, //
};

use crate::{
    history::History,
    subject::{
        Progress,
        Promise, //
    }, //
};

/// Audit of a run.
pub(crate) struct Audit {
    progress: PerThread<Progress>,
    stats: PerThread<ReadStats>,
    /// Additions in interrupts, which any vCPU may make: begun, and done.
    interrupts: [Padded<Atomic<u64>>; 2],
    /// Steps of changes of the threshold; a read during which there was one is not compared.
    pub(crate) steps: Padded<Atomic<u64>>,
}

/// Errors and ages of the reads of one thread.
pub(crate) struct ReadStats {
    pub(crate) samples: SingleWriter,
    pub(crate) broken: SingleWriter,
    pub(crate) worst: SingleWriter,
    pub(crate) of_bound: SingleWriter,
    pub(crate) bound: SingleWriter,
    pub(crate) stale_ns: SingleWriter,
    pub(crate) errors: Histogram<KVVec<Atomic<u64>>>,
    pub(crate) ages: Histogram<KVVec<Atomic<u64>>>,
}

impl ReadStats {
    fn new(buckets: usize) -> Result<Self> {
        Ok(Self {
            samples: SingleWriter::default(),
            broken: SingleWriter::default(),
            worst: SingleWriter::default(),
            of_bound: SingleWriter::default(),
            bound: SingleWriter::default(),
            stale_ns: SingleWriter::default(),
            errors: Histogram::new(zeros(buckets)?),
            ages: Histogram::new(zeros(buckets)?),
        })
    }

    fn record(&self, error: u64, bound: u64, age_ns: u64) {
        self.samples.add(1);
        self.broken.add((error > bound).into());
        self.worst.raise(error);
        self.bound.raise(bound);
        let permille = error.saturating_mul(1000).checked_div(bound);
        self.of_bound.raise(permille.unwrap_or(0));
        self.stale_ns.raise(age_ns);
        self.errors.record(error);
        self.ages.record(age_ns);
    }
}

impl Audit {
    /// Makes the audit of `threads`, without histograms unless it is `on`.
    pub(crate) fn new(threads: u32, on: bool) -> Result<Self> {
        let buckets = if on { BUCKETS } else { 0 };
        Ok(Self {
            progress: PerThread::new(threads, || Ok(Progress::default()))?,
            stats: PerThread::new(threads, || ReadStats::new(buckets))?,
            interrupts: [Padded(Atomic::new(0)), Padded(Atomic::new(0))],
            steps: Padded(Atomic::new(0)),
        })
    }

    /// Returns the additions of a thread.
    pub(crate) fn progress(&self, index: usize) -> Option<&Progress> {
        self.progress.get(index).map(|progress| &**progress)
    }

    /// Returns the sum of a number of all threads.
    pub(crate) fn sum(&self, of: fn(&ReadStats) -> &SingleWriter) -> u64 {
        let each = self.stats.iter().map(|stats| of(stats).get());
        each.fold(0, u64::wrapping_add)
    }

    /// Returns the largest of a number of all threads.
    pub(crate) fn max(&self, of: fn(&ReadStats) -> &SingleWriter) -> u64 {
        let each = self.stats.iter().map(|stats| of(stats).get());
        each.max().unwrap_or(0)
    }

    /// Returns the errors and ages of each thread.
    pub(crate) fn stats(&self) -> impl Iterator<Item = &ReadStats> {
        self.stats.iter().map(|stats| &**stats)
    }

    /// Adds in an interrupt.
    pub(crate) fn interrupt(&self, counter: &dyn Promise) {
        let [begun, done] = &self.interrupts;
        begun.add(1, Relaxed);
        counter.add(1);
        done.add(1, Relaxed);
    }

    /// Returns how many additions were made in interrupts.
    pub(crate) fn interrupts(&self) -> u64 {
        let [_, done] = &self.interrupts;
        done.load(Relaxed)
    }

    /// Compares a read of the thread `index` with the truth.
    pub(crate) fn sample(&self, index: usize, counter: &dyn Promise, history: &mut History) {
        let Some(stats) = self.stats.get(index) else {
            return;
        };
        let [begun, _] = &self.interrupts;
        let (step, now) = (self.steps.load(Relaxed), now_ns());
        let done = self.progress.iter().map(|progress| progress.done.get());
        let least = done.fold(self.interrupts(), u64::wrapping_add);
        let value = u64::try_from(counter.read()).unwrap_or(0);
        let bound = counter.bound();
        let begins = self.progress.iter().map(|progress| progress.begun.get());
        let most = begins.fold(begun.load(Relaxed), u64::wrapping_add);
        if self.steps.load(Relaxed) != step {
            return;
        }
        let error = least.saturating_sub(value).max(value.saturating_sub(most));
        history.record(now, least);
        stats.record(error, bound, history.age(now, value));
    }
}
