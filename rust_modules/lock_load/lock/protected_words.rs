// SPDX-License-Identifier: GPL-2.0

//! What a lock protects: ten plain words, equal outside of sections. Lost updates show as data.
//!
//! After Concurrency Kit's `regressions/ck_spinlock/validate.h`.

#![expect(
    unsafe_code,
    reason = "the words are plain memory behind the lock under test"
)]

use crate::prelude::*;
use core::cell::UnsafeCell;

/// The words.
pub(super) struct ProtectedWords {
    words: UnsafeCell<[u64; 10]>,
    /// Sections that found the words unequal; written only where the lock fails, so not padded.
    torn: Atomic<u64>,
}

// SAFETY: Accessed under the lock under test. If that does not exclude, the words become unequal or
// too small, which is what they are to show; they are numbers, and every access is volatile.
unsafe impl Sync for ProtectedWords {}
// SAFETY: They are numbers.
unsafe impl Send for ProtectedWords {}

impl ProtectedWords {
    pub(super) fn new() -> Self {
        Self {
            words: UnsafeCell::new([0; 10]),
            torn: Atomic::new(0),
        }
    }

    /// The critical section: reads the words, calls `body`, and writes each word plus one.
    #[inline(always)]
    pub(super) fn section<R>(&self, body: impl FnOnce() -> R) -> R {
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
        let r = body();
        for (i, word) in seen.iter().enumerate() {
            // SAFETY: There are ten of either.
            unsafe { words.wrapping_add(i).write_volatile(word.wrapping_add(1)) };
        }
        r
    }

    /// Returns how many updates were lost or torn if `sections` were completed; all threads
    /// have left.
    pub(super) fn lost_updates(&self, sections: u64) -> u64 {
        // SAFETY: No thread writes any more.
        let words = unsafe { *self.words.get() };
        let missing = words.iter().map(|&word| sections.abs_diff(word)).max();
        self.torn
            .load(Relaxed)
            .saturating_add(missing.unwrap_or(sections))
    }
}
