// SPDX-License-Identifier: GPL-2.0

//! What a lock protects: ten plain words on two cache lines, as in `lock_load`. Lost updates show as data.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use machine::words;

/// Atomic only to be `Sync`, as a section that is delegated needs them: one OS thread runs all vCPUs.
#[derive(Default)]
#[repr(align(64))]
pub(crate) struct ProtectedWords {
    words: [AtomicU64; 10],
    torn: AtomicU64,
}

/// Words of a cache line.
const PER_LINE: usize = 8;

impl ProtectedWords {
    /// The critical section: reads the words, calls `body`, and writes each word plus one.
    pub(crate) fn section(&self, body: impl FnOnce()) {
        let lines = || self.words.iter().step_by(PER_LINE);
        let seen = self.read();
        body();
        lines().for_each(|word| words::store(word.as_ptr() as usize));
        for (word, seen) in self.words.iter().zip(seen) {
            word.store(seen + 1, Relaxed);
        }
    }

    /// The same beside which a reader finds the words unequal: the first is written before `body`.
    pub(crate) fn exposed_section(&self, body: impl FnOnce()) {
        self.section(|| {
            let first = &self.words[0];
            words::store(first.as_ptr() as usize);
            first.fetch_add(1, Relaxed);
            body();
        });
    }

    /// The shared section: reads the words, calls `body`, and reads them again.
    pub(crate) fn shared_section(&self, body: impl FnOnce()) {
        let before = self.read();
        body();
        if self.read() != before {
            self.torn.fetch_add(1, Relaxed);
        }
    }

    fn read(&self) -> Vec<u64> {
        let lines = self.words.iter().step_by(PER_LINE);
        lines.for_each(|word| words::load(word.as_ptr() as usize));
        let seen: Vec<u64> = self.words.iter().map(|word| word.load(Relaxed)).collect();
        if seen.iter().any(|&word| word != seen[0]) {
            self.torn.fetch_add(1, Relaxed);
        }
        seen
    }

    /// Returns how many updates were lost or torn if `sections` were completed.
    pub(crate) fn lost_updates(&self, sections: u64) -> u64 {
        let words = self.words.iter().map(|word| word.load(Relaxed));
        let missing = words.map(|word| sections.abs_diff(word));
        self.torn.load(Relaxed) + missing.max().unwrap_or(0)
    }
}
