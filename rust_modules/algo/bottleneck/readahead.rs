// SPDX-License-Identifier: GPL-2.0

//! An open file, of which every page fault reads much and writes little, all threads the same one.
//!
//! Andi Kleen and Tim Chen, "Linux kernel scaling", 2011: `ra->mmap_miss` and `ra->prev_pos`, by
//! which the kernel guesses what will be read next, were written by every fault on a mapped file,
//! and the line they are on bounced; what else is on it, everyone reads.
//!
//! | file | where the written is | when it is written |
//! |---|---|---|
//! | `together` | beside what is read | by every fault |
//! | `split` | on a line of its own | by every fault |
//! | `ifchanged` | beside what is read | by a fault that changes it |

mod ifchanged;
mod split;
mod together;
mod track;

pub use self::{
    ifchanged::Ifchanged,
    split::Split,
    together::Together,
    track::Track, //
};

use crate::primitive::{
    Atomic,
    Relaxed, //
};

/// How many words of a file a fault reads: its mapping, mode, flags, operations, limits.
pub const WORDS: usize = 6;

/// What a fault found and did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The sum of the words that are only read.
    pub sum: u64,
    /// Whether it wrote to the file.
    pub wrote: bool,
}

/// A file whose readers are watched, to guess what they will want next.
pub trait Readahead: Sync {
    /// The name of the variant.
    const NAME: &'static str;
    /// More misses than that are not counted.
    const MOST: u32;

    /// Opens a file; nothing of it was read yet.
    fn open(words: [u64; WORDS]) -> Self;

    /// A fault on `page`, which was in memory if it was `cached`.
    fn fault(&self, page: u64, cached: bool) -> Fault;

    /// Returns how many misses there were of late, and the page of the last fault.
    fn track(&self) -> (u32, u64);
}

/// What is only read.
struct Words([Atomic<u64>; WORDS]);

impl Words {
    fn new(words: [u64; WORDS]) -> Self {
        Self(words.map(Atomic::new))
    }

    /// Reads them all.
    #[inline(always)]
    fn sum(&self) -> u64 {
        let words = self.0.iter().map(|word| word.load(Relaxed));
        words.fold(0, u64::wrapping_add)
    }
}
