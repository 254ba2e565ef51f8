// SPDX-License-Identifier: GPL-2.0

//! A place in which one thread counts.

use crate::primitive::{
    Atomic,
    Relaxed, //
};

/// What one thread holds back, alone on its pair of cache lines.
///
/// Only its owner writes it, so a load and a store make an addition, with nothing locked. Others
/// may look.
#[repr(align(128))]
pub struct Lane(Atomic<i64>);

impl Lane {
    /// Creates an empty lane.
    pub fn new() -> Self {
        Self(Atomic::new(0))
    }

    /// Returns what is held back.
    #[inline]
    pub fn get(&self) -> i64 {
        self.0.load(Relaxed)
    }

    /// Sets what is held back; only the owner may.
    #[inline]
    pub(super) fn set(&self, held: i64) {
        self.0.store(held, Relaxed);
    }
}

impl Default for Lane {
    fn default() -> Self {
        Self::new()
    }
}
