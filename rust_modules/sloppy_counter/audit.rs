// SPDX-License-Identifier: GPL-2.0

//! Reads held against the truth while others add.
//!
//! Each thread says before and after each addition how many it has made. Whoever reads the
//! counter first looks how many are over, and afterwards how many have begun: the truth was
//! somewhere in between, however long any of the three took. What a read is off is its distance
//! from that interval, so it is off by that for sure.

use algo::{
    histogram::{
        Histogram,
        BUCKETS, //
    },
    primitive::{
        Atomic,
        Relaxed, //
    }, //
};
use kernel::prelude::*;
use rig::{
    now_ns,
    Padded, //
    SingleWriter,
};

use crate::{
    history::History,
    total::{
        Progress,
        Total, //
    }, //
};

/// The books of a run.
pub(crate) struct Audit {
    progress: KVVec<Padded<Progress>>,
    books: KVVec<Padded<Book>>,
    /// Additions in interrupts, which any vCPU may make: begun, and over.
    interrupts: [Padded<Atomic<u64>>; 2],
    /// Steps of changes of the threshold; a sample in which there was one says nothing.
    pub(crate) steps: Padded<Atomic<u64>>,
}

/// What one thread found.
pub(crate) struct Book {
    pub(crate) samples: SingleWriter,
    pub(crate) broken: SingleWriter,
    pub(crate) worst: SingleWriter,
    pub(crate) of_bound: SingleWriter,
    pub(crate) bound: SingleWriter,
    pub(crate) stale_ns: SingleWriter,
    pub(crate) errors: Histogram<KVVec<Atomic<u64>>>,
    pub(crate) ages: Histogram<KVVec<Atomic<u64>>>,
}

impl Book {
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

    fn enter(&self, off: u64, bound: u64, age_ns: u64) {
        self.samples.add(1);
        self.broken.add((off > bound).into());
        self.worst.set(self.worst.get().max(off));
        self.bound.set(self.bound.get().max(bound));
        let part = off.saturating_mul(1000).checked_div(bound).unwrap_or(0);
        self.of_bound.set(self.of_bound.get().max(part));
        self.stale_ns.set(self.stale_ns.get().max(age_ns));
        self.errors.record(off);
        self.ages.record(age_ns);
    }
}

fn zeros(n: usize) -> Result<KVVec<Atomic<u64>>> {
    let mut zeros = KVVec::with_capacity(n, GFP_KERNEL)?;
    for _ in 0..n {
        zeros.push(Atomic::new(0), GFP_KERNEL)?;
    }
    Ok(zeros)
}

impl Audit {
    /// Makes books for `threads`, without pages unless it is `on`.
    pub(crate) fn new(threads: u32, on: bool) -> Result<Self> {
        let mut progress = KVVec::new();
        let mut books = KVVec::new();
        for _ in 0..threads {
            progress.push(Padded(Progress::default()), GFP_KERNEL)?;
            books.push(Padded(Book::new(if on { BUCKETS } else { 0 })?), GFP_KERNEL)?;
        }
        Ok(Self {
            progress,
            books,
            interrupts: [Padded(Atomic::new(0)), Padded(Atomic::new(0))],
            steps: Padded(Atomic::new(0)),
        })
    }

    /// Returns how far a thread has got.
    pub(crate) fn progress(&self, index: usize) -> Option<&Progress> {
        self.progress.get(index).map(|progress| &**progress)
    }

    /// Returns what was found.
    pub(crate) fn books(&self) -> impl Iterator<Item = &Book> {
        self.books.iter().map(|book| &**book)
    }

    /// Adds in an interrupt.
    pub(crate) fn interrupt(&self, counter: &dyn Total) {
        let [begun, done] = &self.interrupts;
        begun.add(1, Relaxed);
        counter.add_one();
        done.add(1, Relaxed);
    }

    /// Returns how many additions were made in interrupts.
    pub(crate) fn interrupts(&self) -> u64 {
        let [_, done] = &self.interrupts;
        done.load(Relaxed)
    }

    /// Holds a read against the truth, in the book of the thread `index`.
    pub(crate) fn sample(&self, index: usize, counter: &dyn Total, history: &mut History) {
        let Some(book) = self.books.get(index) else {
            return;
        };
        let [begun, _] = &self.interrupts;
        let (step, now) = (self.steps.load(Relaxed), now_ns());
        let over = self.progress.iter().map(|progress| progress.done.get());
        let least = over.fold(self.interrupts(), u64::wrapping_add);
        let value = u64::try_from(counter.read()).unwrap_or(0);
        let bound = counter.bound();
        let begins = self.progress.iter().map(|progress| progress.begun.get());
        let most = begins.fold(begun.load(Relaxed), u64::wrapping_add);
        if self.steps.load(Relaxed) != step {
            return;
        }
        let off = least.saturating_sub(value).max(value.saturating_sub(most));
        history.note(now, least);
        book.enter(off, bound, history.age(now, value));
    }
}
