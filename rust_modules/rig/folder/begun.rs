// SPDX-License-Identifier: GPL-2.0

//! Texts that readers have begun, so that one that reads in pieces gets the text that it began with.
//!
//! A `struct debugfs_short_fops` has no `release`, so an open file can own no memory. The position of
//! its reader carries the number of its text instead; the last few texts are kept.

use kernel::{
    new_mutex,
    prelude::*,
    sync::Mutex, //
};

use crate::Text;

/// Texts that are kept; a reader whose text is no longer among them gets `ESTALE`.
const MOST: usize = 8;

/// What a file position means.
pub(super) enum Position {
    /// An offset in the text as it is now: the first read, or a `pread()`.
    Now(u64),
    /// An offset in the text of this number.
    Begun(u32, u64),
    /// The whole text was read.
    End,
}

/// Positions from here on stand for a text: 29 bits of number, 32 of offset. No text is so long, and
/// the kernel refuses to read where the position and the length of the read exceed 63 bits.
const BEGUN: u64 = 1 << 61;
/// The number of no text, which stands for the end.
const NUMBERS: u32 = (1 << 29) - 1;
const END: u64 = BEGUN | (NUMBERS as u64) << 32;

impl Position {
    pub(super) fn of(position: i64) -> Self {
        match position.unsigned_abs() {
            END => Self::End,
            at if at & !(BEGUN - 1) == BEGUN => {
                Self::Begun((at >> 32) as u32 & NUMBERS, at & 0xffff_ffff)
            }
            at => Self::Now(at),
        }
    }

    pub(super) fn as_i64(&self) -> i64 {
        let position = match *self {
            Self::Now(at) => at,
            Self::Begun(number, at) => BEGUN | u64::from(number) << 32 | at,
            Self::End => END,
        };
        position as i64
    }
}

/// The texts that are kept.
#[pin_data]
pub(super) struct BegunTexts {
    #[pin]
    kept: Mutex<Kept>,
}

struct Kept {
    texts: [Option<(u32, Text)>; MOST],
    last: u32,
}

impl BegunTexts {
    pub(super) fn new() -> impl PinInit<Self> {
        let kept = Kept {
            texts: [const { None }; MOST],
            last: 0,
        };
        pin_init!(Self {
            kept <- new_mutex!(kept),
        })
    }

    /// Returns a number for a text that was begun.
    pub(super) fn number(&self) -> u32 {
        let mut kept = self.kept.lock();
        kept.last = match kept.last.wrapping_add(1) {
            NUMBERS => 0,
            next => next,
        };
        kept.last
    }

    /// Keeps a text, in place of the oldest.
    pub(super) fn keep(&self, number: u32, text: Text) {
        let mut kept = self.kept.lock();
        let last = kept.last;
        // Free places are older than any text.
        let age = |place: &Option<(u32, Text)>| match place {
            Some((number, _)) => last.wrapping_sub(*number) & NUMBERS,
            None => u32::MAX,
        };
        let oldest = kept.texts.iter_mut().max_by_key(|place| age(place));
        let dropped = oldest.and_then(|place| place.replace((number, text)));
        // Its memory is freed without the lock.
        drop(kept);
        drop(dropped);
    }

    /// Takes a text, which its reader keeps again unless that was the rest of it.
    pub(super) fn take(&self, number: u32) -> Option<Text> {
        let mut kept = self.kept.lock();
        let mut texts = kept.texts.iter_mut();
        let place = texts.find(|place| place.as_ref().is_some_and(|(n, _)| *n == number))?;
        place.take().map(|(_, text)| text)
    }
}
