// SPDX-License-Identifier: GPL-2.0

//! What every fault writes is on a line of its own.
//!
//! The remedy against false sharing in Boyd-Wickizer and others, "An Analysis of Linux
//! Scalability to Many Cores", OSDI 2010: readers keep their line, but writers still share theirs.

use super::{
    Fault,
    Readahead,
    Track,
    Words,
    WORDS, //
};

/// On lines of its own: two of them, since processors fetch them in pairs.
#[repr(align(128))]
struct Apart<T>(T);

/// What is read and what is written, apart.
#[repr(C)]
pub struct Split {
    words: Apart<Words>,
    track: Apart<Track>,
}

impl Readahead for Split {
    const NAME: &'static str = "split";
    const MOST: u32 = i32::MAX as u32;

    fn open(words: [u64; WORDS]) -> Self {
        Self {
            words: Apart(Words::new(words)),
            track: Apart(Track::new()),
        }
    }

    #[inline(always)]
    fn fault(&self, page: u64, cached: bool) -> Fault {
        let sum = self.words.0.sum();
        self.track.0.note(page, cached, Self::MOST);
        Fault { sum, wrote: true }
    }

    fn track(&self) -> (u32, u64) {
        self.track.0.get()
    }
}
