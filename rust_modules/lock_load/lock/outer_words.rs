// SPDX-License-Identifier: GPL-2.0

//! The words that the outer locks of nested ones protect.

use super::protected_words::ProtectedWords;
use crate::prelude::*;

/// The words of all outer locks.
pub(super) struct OuterWords(KVVec<Padded<Level>>);

/// The words of one outer lock, and how often that was taken.
pub(super) struct Level {
    words: ProtectedWords,
    sections: Atomic<u64>,
}

impl OuterWords {
    /// Creates the words of `count` locks.
    pub(super) fn new(count: u32) -> Result<Self> {
        let mut levels = KVVec::new();
        for _ in 0..count {
            let level = Level {
                words: ProtectedWords::new(),
                sections: Atomic::new(0),
            };
            levels.push(Padded(level), GFP_KERNEL)?;
        }
        Ok(Self(levels))
    }

    /// Returns how many updates were lost or torn; all threads have left.
    pub(super) fn lost_updates(&self) -> u64 {
        self.0.iter().fold(0, |lost, level| {
            let sections = level.sections.load(Relaxed);
            lost.wrapping_add(level.words.lost_updates(sections))
        })
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    #[inline]
    pub(super) fn get(&self, index: usize) -> Option<&Level> {
        self.0.get(index).map(|level| &**level)
    }
}

impl Level {
    /// Runs `body` in a section of this level.
    #[inline]
    pub(super) fn section<R>(&self, body: impl FnOnce() -> R) -> R {
        let r = self.words.section(body);
        self.sections.add(1, Relaxed);
        r
    }
}
