// SPDX-License-Identifier: GPL-2.0

//! What every fault writes is on the line that every fault reads.
//!
//! `struct file` of Linux 2.6.38, its `f_ra` included, as Andi Kleen and Tim Chen found it in
//! "Linux kernel scaling", 2011. Misses were counted without end, and the position always kept.

use super::{
    Fault,
    Readahead,
    Track,
    Words,
    WORDS, //
};

/// Everything on one line.
#[repr(C, align(128))]
pub struct Together {
    words: Words,
    track: Track,
}

impl Readahead for Together {
    const NAME: &'static str = "together";
    const MOST: u32 = i32::MAX as u32;

    fn open(words: [u64; WORDS]) -> Self {
        Self {
            words: Words::new(words),
            track: Track::new(),
        }
    }

    #[inline(always)]
    fn fault(&self, page: u64, cached: bool) -> Fault {
        let sum = self.words.sum();
        self.track.note(page, cached, Self::MOST);
        Fault { sum, wrote: true }
    }

    fn track(&self) -> (u32, u64) {
        self.track.get()
    }
}
