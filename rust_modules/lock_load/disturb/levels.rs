// SPDX-License-Identifier: GPL-2.0

//! What the outer locks of nested ones protect: words of their own for each.

use algo::primitive::{
    Atomic,
    Relaxed, //
};
use kernel::prelude::*;
use rig::Padded;

use crate::words::Words;

/// The words of all outer locks.
pub(crate) struct Levels(KVVec<Padded<Level>>);

/// The words of one, and how often it was taken.
pub(super) struct Level {
    words: Words,
    taken: Atomic<u64>,
}

impl Levels {
    /// Makes `outer` of them.
    pub(crate) fn new(outer: u32) -> Result<Self> {
        let mut levels = KVVec::new();
        for _ in 0..outer {
            let level = Level {
                words: Words::new(),
                taken: Atomic::new(0),
            };
            levels.push(Padded(level), GFP_KERNEL)?;
        }
        Ok(Self(levels))
    }

    /// Returns how many updates were lost or torn; all have left.
    pub(crate) fn lost(&self) -> u64 {
        self.0.iter().fold(0, |lost, level| {
            lost.wrapping_add(level.words.lost(level.taken.load(Relaxed)))
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
    /// A section under the lock of this level.
    #[inline]
    pub(super) fn section<R>(&self, body: impl FnOnce() -> R) -> R {
        let r = self.words.section(body);
        self.taken.add(1, Relaxed);
        r
    }
}
