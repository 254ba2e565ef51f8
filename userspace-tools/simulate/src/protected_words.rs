// SPDX-License-Identifier: GPL-2.0

//! What a lock protects: ten plain words on two cache lines, as in `lock_load`. Lost updates show as data.

use std::cell::Cell;

use machine::words;

#[derive(Default)]
#[repr(align(64))]
pub(crate) struct ProtectedWords {
    words: [Cell<u64>; 10],
    torn: Cell<u64>,
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
            word.set(seen + 1);
        }
    }

    /// The same beside which a reader finds the words unequal: the first is written before `body`.
    pub(crate) fn exposed_section(&self, body: impl FnOnce()) {
        self.section(|| {
            let first = &self.words[0];
            words::store(first.as_ptr() as usize);
            first.set(first.get() + 1);
            body();
        });
    }

    /// The shared section: reads the words, calls `body`, and reads them again.
    pub(crate) fn shared_section(&self, body: impl FnOnce()) {
        let before = self.read();
        body();
        if self.read() != before {
            self.torn.set(self.torn.get() + 1);
        }
    }

    fn read(&self) -> Vec<u64> {
        let lines = self.words.iter().step_by(PER_LINE);
        lines.for_each(|word| words::load(word.as_ptr() as usize));
        let seen: Vec<u64> = self.words.iter().map(Cell::get).collect();
        if seen.iter().any(|&word| word != seen[0]) {
            self.torn.set(self.torn.get() + 1);
        }
        seen
    }

    /// Returns how many updates were lost or torn if `sections` were completed.
    pub(crate) fn lost_updates(&self, sections: u64) -> u64 {
        let missing = self.words.iter().map(|word| sections.abs_diff(word.get()));
        self.torn.get() + missing.max().unwrap_or(0)
    }
}
