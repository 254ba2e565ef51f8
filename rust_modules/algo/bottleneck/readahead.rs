// SPDX-License-Identifier: GPL-2.0

//! Cache line of an open file: read and written by the page faults of all threads.
//!
//! Kleen and Chen, "Linux kernel scaling", 2011: every fault on a mapped file wrote `ra->mmap_miss`
//! and `ra->prev_pos`, from which the kernel predicts the next read. Their line, whose other words
//! every fault reads, bounced.
//!
//! | variant | the written words are | and are written |
//! |---|---|---|
//! | [`Together`]: `struct file` of 2.6.38 | beside those that are read | by every fault |
//! | [`Split`]: Boyd-Wickizer et al., OSDI 2010 | on a line of their own | by every fault |
//! | [`Ifchanged`]: 2.6.39, 3.0, and today | beside those that are read | if their values change |
//!
//! `split` removes the false sharing: readers keep their line, but writers still share theirs.
//! `ifchanged` is today's `do_sync_mmap_readahead()` in `mm/filemap.c`: it writes nothing for files
//! in memory, and for others counts misses up to ten times the value that decides anything.

mod track;

use super::prelude::*;

pub use self::track::Track;

/// The words of a file that a fault reads: its mapping, mode, flags, operations, limits.
pub const WORDS: usize = 6;

/// The result of a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The sum of the words that are only read.
    pub sum: u64,
    /// Whether it wrote to the file.
    pub wrote: bool,
}

/// An open file, whose faults are recorded to predict the next.
pub trait Readahead: Sync {
    /// Misses are counted up to this number.
    const MOST: u32;

    /// Opens a file, of which nothing was read yet.
    fn open(words: [u64; WORDS]) -> Self;

    /// Handles a fault on `page`, which is in memory if `cached`.
    fn fault(&self, page: u64, cached: bool) -> Fault;

    /// Returns the number of recent misses, and the page of the last fault.
    fn track(&self) -> (u32, u64);
}

/// The words that are only read.
struct Words([Atomic<u64>; WORDS]);

impl Words {
    fn new(words: [u64; WORDS]) -> Self {
        Self(words.map(Atomic::new))
    }

    #[inline(always)]
    fn sum(&self) -> u64 {
        let words = self.0.iter().map(|word| word.load(Relaxed));
        words.fold(0, u64::wrapping_add)
    }
}

/// Everything on one line.
#[repr(C, align(128))]
pub struct OneLine<const IF_CHANGED: bool> {
    words: Words,
    track: Track,
}

/// The baseline.
pub type Together = OneLine<false>;
/// The fix.
pub type Ifchanged = OneLine<true>;

impl<const IF_CHANGED: bool> Readahead for OneLine<IF_CHANGED> {
    /// In the fix, `MMAP_LOTSAMISS * 10` of the kernel.
    const MOST: u32 = match IF_CHANGED {
        true => 1000,
        false => i32::MAX as u32,
    };

    fn open(words: [u64; WORDS]) -> Self {
        Self {
            words: Words::new(words),
            track: Track::default(),
        }
    }

    #[inline(always)]
    fn fault(&self, page: u64, cached: bool) -> Fault {
        let sum = self.words.sum();
        let wrote = match IF_CHANGED {
            true => self.track.note_change(page, cached, Self::MOST),
            false => self.track.note(page, cached, Self::MOST),
        };
        Fault { sum, wrote }
    }

    fn track(&self) -> (u32, u64) {
        self.track.get()
    }
}

/// Lines of its own: two, since processors fetch lines in pairs.
#[repr(align(128))]
struct Apart<T>(T);

/// The words that are read and those that are written, apart.
#[repr(C)]
pub struct Split {
    words: Apart<Words>,
    track: Apart<Track>,
}

impl Readahead for Split {
    const MOST: u32 = Together::MOST;

    fn open(words: [u64; WORDS]) -> Self {
        Self {
            words: Apart(Words::new(words)),
            track: Apart(Track::default()),
        }
    }

    #[inline(always)]
    fn fault(&self, page: u64, cached: bool) -> Fault {
        let sum = self.words.0.sum();
        let wrote = self.track.0.note(page, cached, Self::MOST);
        Fault { sum, wrote }
    }

    fn track(&self) -> (u32, u64) {
        self.track.0.get()
    }
}
