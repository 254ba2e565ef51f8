// SPDX-License-Identifier: GPL-2.0

//! Oracle of a job: how often each index was done, and how often that was undone.

use core::ops::Range;

use kernel::alloc::AllocError;
use rig::prelude::*;

/// A mark, in the bits of its index.
const DONE: Edge = Edge {
    start: 1,
    end: 1 << 4,
};
/// Takes a mark back.
const NOT_DONE: Edge = Edge {
    start: DONE.end,
    end: DONE.start,
};
const UNDONE: Edge = Edge {
    start: 1 << 8,
    end: 1 << 12,
};

/// Bits of an index, and indices of a word.
const BITS: u64 = 16;
const IN_WORD: u64 = 4;

/// Where ranges begin and end.
struct Edge {
    start: u64,
    end: u64,
}

/// A word for four indices.
#[repr(transparent)]
struct Word(Atomic<u64>);

/// For each index, how many ranges that were done, or undone, begin and end there, in four bits
/// each; the sums over all indices up to it are how often it was done. So marking a range takes two
/// additions, however long it is, which is little beside the work.
pub(crate) struct Coverage {
    first: u64,
    size: u64,
    words: VVec<Word>,
    /// Indices outside the range.
    outside: Atomic<u64>,
}

/// Number of indices by how often they were done.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) once: u64,
    pub(crate) missed: u64,
    pub(crate) repeated: u64,
    /// Of those done once: undone once.
    pub(crate) undone: u64,
    /// Undone without having been done, or more than once.
    pub(crate) wrong: u64,
}

impl Coverage {
    /// Marks for `size` indices.
    pub(crate) fn new(first: u64, size: usize) -> Result<Self, AllocError> {
        let count = words(size as u64);
        let mut words = VVec::with_capacity(count, may_fail())?;
        for _ in 0..count {
            words.push(Word(Atomic::new(0)), GFP_KERNEL)?;
        }
        Ok(Self {
            first,
            size: size as u64,
            words,
            outside: Atomic::new(0),
        })
    }

    /// Marks `done` as done once more.
    pub(crate) fn mark(&self, done: Range<u64>) {
        self.add(done, &DONE);
    }

    /// Takes back that `done` was done; what was not is then repeated very often.
    pub(crate) fn erase(&self, done: Range<u64>) {
        self.add(done, &NOT_DONE);
    }

    /// Marks `undone` as undone once more.
    pub(crate) fn unmark(&self, undone: Range<u64>) {
        self.add(undone, &UNDONE);
    }

    fn add(&self, range: Range<u64>, edge: &Edge) {
        let count = range.end.saturating_sub(range.start);
        let from = range.start.wrapping_sub(self.first).min(self.size);
        let to = from.saturating_add(count).min(self.size);
        let outside = count.saturating_sub(to.wrapping_sub(from));
        if outside > 0 {
            self.outside.add(outside, Relaxed);
        }
        if from < to {
            self.bump(from, edge.start);
            self.bump(to, edge.end);
        }
    }

    fn bump(&self, index: u64, by: u64) {
        if let Some(word) = self.words.get((index / IN_WORD) as usize) {
            word.0.add(by << (BITS * (index % IN_WORD)), Relaxed);
        }
    }

    /// Clears all marks; there are now `size` indices from `first` on, not more than at first.
    pub(crate) fn restart(&mut self, first: u64, size: u64) {
        (self.first, self.size) = (first, size);
        for word in self.words.iter().take(words(size)) {
            word.0.store(0, Relaxed);
        }
        self.outside.store(0, Relaxed);
    }

    /// Counts the indices; all workers have left. An index outside of the range counts as repeated.
    pub(crate) fn tally(&self) -> Tally {
        let mut tally = Tally::default();
        let (mut done, mut undone) = (0, 0);
        let depth = |bits: u64, depth: u64| {
            depth
                .wrapping_add(bits & 0xf)
                .wrapping_sub((bits >> 4) & 0xf)
        };
        for (n, word) in (0u64..).zip(&self.words) {
            let word = word.0.load(Relaxed);
            let first = n.wrapping_mul(IN_WORD);
            for index in 0..self.size.saturating_sub(first).min(IN_WORD) {
                let bits = word >> (BITS * index);
                (done, undone) = (depth(bits, done), depth(bits >> 8, undone));
                tally.count(done, undone);
            }
            if n % 4096 == 0 {
                cond_resched();
            }
        }
        tally.repeated = tally.repeated.wrapping_add(self.outside.load(Relaxed));
        tally
    }
}

/// Words for so many indices, and for where the last one ends.
fn words(size: u64) -> usize {
    (size / IN_WORD).saturating_add(1) as usize
}

impl Tally {
    fn count(&mut self, done: u64, undone: u64) {
        let one = |n: &mut u64| *n = n.wrapping_add(1);
        match done {
            0 => one(&mut self.missed),
            1 => one(&mut self.once),
            _ => one(&mut self.repeated),
        }
        match (done, undone) {
            (_, 0) => {}
            (1, 1) => one(&mut self.undone),
            _ => one(&mut self.wrong),
        }
    }
}
