// SPDX-License-Identifier: GPL-2.0

//! How often each index was done, and how often that was undone.

use core::ops::Range;

use algo::primitive::{
    Atomic,
    Relaxed, //
};
use kernel::{
    alloc::AllocError,
    prelude::*, //
};
use rig::breathe;

/// Done once more, in each byte of a word.
const DONE: u64 = 0x0101_0101_0101_0101;
/// Undone once more.
const UNDONE: u64 = DONE << 4;

/// A word for eight indices.
#[repr(transparent)]
struct Word(Atomic<u64>);

/// A byte for each index: four bits of how often it was done, and four of undone. Eight are marked
/// at a time, since an index of some jobs takes no longer than a mark.
pub(crate) struct Coverage {
    first: u64,
    words: VVec<Word>,
    /// Indices outside the range.
    strays: Atomic<u64>,
}

/// How many indices were done how often.
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
        let mut words = VVec::with_capacity(size.div_ceil(8), GFP_KERNEL)?;
        for _ in 0..size.div_ceil(8) {
            words.push(Word(Atomic::new(0)), GFP_KERNEL)?;
        }
        Ok(Self {
            first,
            words,
            strays: Atomic::new(0),
        })
    }

    /// Marks `done` as done once more.
    pub(crate) fn mark(&self, done: Range<u64>) {
        self.add(done, DONE);
    }

    /// Marks `undone` as undone once more.
    pub(crate) fn unmark(&self, undone: Range<u64>) {
        self.add(undone, UNDONE);
    }

    fn add(&self, range: Range<u64>, unit: u64) {
        let mut at = range.start.wrapping_sub(self.first);
        let end = range.end.wrapping_sub(self.first);
        while at < end {
            let to = (at | 7).wrapping_add(1).min(end);
            let bytes = to.wrapping_sub(at);
            // As many ones as there are indices, moved up to the first.
            let ones = u64::MAX >> (64 - 8 * bytes.min(8)) as u32;
            match self.words.get((at / 8) as usize) {
                Some(word) => word.0.add((ones & unit) << (8 * (at % 8)), Relaxed),
                None => self.strays.add(bytes, Relaxed),
            }
            at = to;
        }
    }

    /// Forgets all marks of the first `size` indices, which begin at `first` from now on.
    pub(crate) fn restart(&mut self, first: u64, size: u64) {
        self.first = first;
        for word in self.words.iter().take(size.div_ceil(8) as usize) {
            word.0.store(0, Relaxed);
        }
        self.strays.store(0, Relaxed);
    }

    /// Counts the first `size` indices; all have left. An index outside counts as repeated: it was
    /// nobody's.
    pub(crate) fn tally(&self, size: u64) -> Tally {
        let mut tally = Tally::default();
        for (n, word) in (0u64..).zip(&self.words) {
            let word = word.0.load(Relaxed);
            let first = n.wrapping_mul(8);
            for byte in 0..size.saturating_sub(first).min(8) {
                tally.count(word >> (8 * byte) & 0xff);
            }
            if n % 4096 == 0 {
                breathe();
            }
        }
        tally.repeated = tally.repeated.wrapping_add(self.strays.load(Relaxed));
        tally
    }
}

impl Tally {
    fn count(&mut self, byte: u64) {
        let one = |n: &mut u64| *n = n.wrapping_add(1);
        match byte & 0xf {
            0 => one(&mut self.missed),
            1 => one(&mut self.once),
            _ => one(&mut self.repeated),
        }
        match (byte & 0xf, byte >> 4) {
            (_, 0) => {}
            (1, 1) => one(&mut self.undone),
            _ => one(&mut self.wrong),
        }
    }
}
