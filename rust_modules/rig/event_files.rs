// SPDX-License-Identifier: GPL-2.0

//! Event counts, each in a read-only file of its own, in a directory of their own.

use crate::{
    prelude::*,
    zeros, //
};

/// Event counts by name, 0 at first.
pub struct EventFiles {
    pub(crate) dir: &'static CStr,
    names: &'static [&'static str],
    counts: KVVec<Atomic<u64>>,
}

impl EventFiles {
    /// Creates a count for each name; `dir` is the name of their directory.
    pub fn new(dir: &'static CStr, names: &'static [&'static str]) -> Result<Self> {
        Ok(Self {
            dir,
            names,
            counts: zeros(names.len())?,
        })
    }

    /// Sets the counts, in the order of the names.
    pub fn set(&self, counts: impl Iterator<Item = u64>) {
        for (to, count) in self.counts.iter().zip(counts) {
            to.store(count, Relaxed);
        }
    }

    /// Sets all counts to 0.
    pub fn clear(&self) {
        self.set(self.names.iter().map(|_| 0));
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&'static str, &Atomic<u64>)> {
        self.names.iter().copied().zip(&self.counts)
    }
}
