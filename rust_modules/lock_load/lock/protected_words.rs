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

const WORDS: usize = 10;

/// The words.
pub(super) struct ProtectedWords {
    words: UnsafeCell<[u64; WORDS]>,
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
            words: UnsafeCell::new([0; WORDS]),
            torn: Atomic::new(0),
        }
    }

    /// The critical section: reads the words, calls `body`, and writes each word plus one.
    #[inline(always)]
    pub(super) fn section<R>(&self, body: impl FnOnce() -> R) -> R {
        let seen = self.read();
        let r = body();
        self.write(0, &seen);
        r
    }

    /// The same beside which a reader finds the words unequal: half of them are written before `body`.
    #[inline(always)]
    pub(super) fn exposed_section<R>(&self, body: impl FnOnce() -> R) -> R {
        let seen = self.read();
        let (first, rest) = seen.split_at(WORDS / 2);
        self.write(0, first);
        let r = body();
        self.write(first.len(), rest);
        r
    }

    /// The shared section: reads the words, calls `body`, and reads them again.
    #[inline(always)]
    pub(super) fn shared_section<R>(&self, body: impl FnOnce() -> R) -> R {
        let before = self.read();
        let r = body();
        if self.read() != before {
            self.torn.add(1, Relaxed);
        }
        r
    }

    #[inline(always)]
    fn read(&self) -> [u64; WORDS] {
        let words: *mut u64 = self.words.get().cast();
        let mut seen = [0u64; WORDS];
        for (i, word) in seen.iter_mut().enumerate() {
            // SAFETY: There are ten of either.
            *word = unsafe { words.wrapping_add(i).read_volatile() };
        }
        let [first, ..] = seen;
        if seen.iter().any(|&word| word != first) {
            self.torn.add(1, Relaxed);
        }
        seen
    }

    /// Writes the words from `first` on, as they were `seen`, plus one.
    #[inline(always)]
    fn write(&self, first: usize, seen: &[u64]) {
        let words: *mut u64 = self.words.get().cast::<u64>().wrapping_add(first);
        for (i, word) in seen.iter().enumerate() {
            // SAFETY: There are as many from `first` on.
            unsafe { words.wrapping_add(i).write_volatile(word.wrapping_add(1)) };
        }
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
