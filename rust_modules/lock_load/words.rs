// SPDX-License-Identifier: GPL-2.0

//! What the lock protects: ten plain words, always equal. Exclusion is shown by data.
//!
//! After Concurrency Kit's `regressions/ck_spinlock/validate.h`.

#![expect(
    unsafe_code,
    reason = "the words are plain memory behind the lock under test"
)]

use core::cell::UnsafeCell;

use algo::primitive::{
    Atomic,
    Relaxed, //
};

/// Ten words, one count.
pub(crate) struct Words {
    words: UnsafeCell<[u64; 10]>,
    /// Sections that found the words unequal. Any is one too many, so it is not padded.
    torn: Atomic<u64>,
}

// SAFETY: Reached under the lock under test. If that does not exclude, the words come out wrong,
// and that is what they are for; they are numbers, and every access is volatile.
unsafe impl Sync for Words {}
// SAFETY: They are numbers.
unsafe impl Send for Words {}

impl Words {
    pub(crate) fn new() -> Self {
        Self {
            words: UnsafeCell::new([0; 10]),
            torn: Atomic::new(0),
        }
    }

    /// The critical section: reads the words, does what takes the `time`, and writes each plus one.
    #[inline(always)]
    pub(crate) fn section<R>(&self, time: impl FnOnce() -> R) -> R {
        let words: *mut u64 = self.words.get().cast();
        let mut seen = [0u64; 10];
        for (i, word) in seen.iter_mut().enumerate() {
            // SAFETY: There are ten of either.
            *word = unsafe { words.wrapping_add(i).read_volatile() };
        }
        let [first, ..] = seen;
        if seen.iter().any(|&word| word != first) {
            self.torn.add(1, Relaxed);
        }
        let r = time();
        for (i, word) in seen.iter().enumerate() {
            // SAFETY: There are ten of either.
            unsafe { words.wrapping_add(i).write_volatile(word.wrapping_add(1)) };
        }
        r
    }

    /// Returns how many updates were lost or torn if `sections` were completed; all have left.
    pub(crate) fn lost(&self, sections: u64) -> u64 {
        // SAFETY: Nobody writes any more.
        let words = unsafe { *self.words.get() };
        let missing = words.iter().map(|&word| sections.abs_diff(word)).max();
        self.torn
            .load(Relaxed)
            .saturating_add(missing.unwrap_or(sections))
    }
}
