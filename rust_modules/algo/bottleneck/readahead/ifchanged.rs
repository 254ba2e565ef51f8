// SPDX-License-Identifier: GPL-2.0

//! A fault writes only what it changes, and soon there is nothing to change.
//!
//! The fixes of 2.6.39 and 3.0 that Andi Kleen and Tim Chen report in "Linux kernel scaling",
//! 2011: for files in memory nothing is written, and for others misses are counted to ten times
//! what decides anything. Today's `do_sync_mmap_readahead()` in `mm/filemap.c` does it so.

use super::{
    Fault,
    Readahead,
    Track,
    Words,
    WORDS, //
};

/// Everything on one line, which is seldom written.
#[repr(C, align(128))]
pub struct Ifchanged {
    words: Words,
    track: Track,
}

impl Readahead for Ifchanged {
    const NAME: &'static str = "ifchanged";
    /// `MMAP_LOTSAMISS * 10` of the kernel.
    const MOST: u32 = 1000;

    fn open(words: [u64; WORDS]) -> Self {
        Self {
            words: Words::new(words),
            track: Track::new(),
        }
    }

    #[inline(always)]
    fn fault(&self, page: u64, cached: bool) -> Fault {
        let sum = self.words.sum();
        let wrote = self.track.note_change(page, cached, Self::MOST);
        Fault { sum, wrote }
    }

    fn track(&self) -> (u32, u64) {
        self.track.get()
    }
}
