// SPDX-License-Identifier: GPL-2.0

//! Arrays of a known length, allocated at once: plain ones, and one entry per thread.

use core::ops::Deref;

use crate::prelude::*;

/// Allocates an array of `len`, and makes its entries.
pub fn filled<T>(len: usize, mut make: impl FnMut() -> Result<T>) -> Result<KVVec<T>> {
    let mut array = KVVec::with_capacity(len, may_fail())?;
    for _ in 0..len {
        array.push(make()?, may_fail())?;
    }
    Ok(array)
}

/// Allocates `len` words that are zero.
pub fn zeros(len: usize) -> Result<KVVec<Atomic<u64>>> {
    filled(len, || Ok(Atomic::new(0)))
}

/// One `T` per thread, each alone on its cache lines.
pub struct PerThread<T>(KVVec<Padded<T>>);

impl<T> PerThread<T> {
    /// Makes one for each of `threads`.
    pub fn new(threads: u32, mut make: impl FnMut() -> Result<T>) -> Result<Self> {
        filled(threads as usize, || make().map(Padded)).map(Self)
    }
}

impl PerThread<SingleWriter> {
    /// Makes a counter for each of `threads`.
    pub fn counters(threads: u32) -> Result<Self> {
        Self::new(threads, || Ok(SingleWriter::default()))
    }

    /// Returns the sum of the counters.
    pub fn sum(&self) -> u64 {
        let each = self.iter().map(|counter| counter.get());
        each.fold(0, u64::wrapping_add)
    }
}

impl<T> Deref for PerThread<T> {
    type Target = [Padded<T>];

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}
