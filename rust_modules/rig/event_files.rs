// SPDX-License-Identifier: GPL-2.0

//! Numbers with names, each in a read-only file of its own, in a directory of their own.

use algo::primitive::{
    Atomic,
    Relaxed, //
};
use kernel::{
    prelude::*,
    str::CStr, //
};

/// Numbers with names, all 0 at first.
pub struct EventFiles {
    pub(crate) dir: &'static CStr,
    names: &'static [&'static str],
    counts: KVVec<Atomic<u64>>,
}

impl EventFiles {
    /// Creates a number for each name; `dir` is the name of their directory.
    pub fn new(dir: &'static CStr, names: &'static [&'static str]) -> Result<Self> {
        let mut counts = KVVec::with_capacity(names.len(), GFP_KERNEL)?;
        for _ in names {
            counts.push(Atomic::new(0), GFP_KERNEL)?;
        }
        Ok(Self { dir, names, counts })
    }

    /// Sets the numbers, in the order of the names.
    pub fn set(&self, counts: impl Iterator<Item = u64>) {
        for (to, count) in self.counts.iter().zip(counts) {
            to.store(count, Relaxed);
        }
    }

    /// Sets all numbers to 0.
    pub fn clear(&self) {
        self.set(self.names.iter().map(|_| 0));
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&'static str, &Atomic<u64>)> {
        self.names.iter().copied().zip(&self.counts)
    }
}
