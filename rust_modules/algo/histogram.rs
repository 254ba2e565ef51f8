// SPDX-License-Identifier: GPL-2.0

//! Log-linear histogram: the same relative error for a nanosecond and for a minute.
//!
//! After Gil Tene, "HdrHistogram: A High Dynamic Range Histogram", 2012: every power of two has
//! the same number of buckets.
//!
//! One thread records; any thread may read at any time. A sample is one store to one word, and
//! words are independent. A reading therefore holds each sample that was recorded before it began
//! once, and none that was recorded after it ended; it is exact while no sample is recorded.
//! Histograms of several threads are added bucket by bucket.

use core::ops::Deref;

use crate::primitive::{
    Atomic,
    Relaxed, //
};

/// Each power of two has `1 << SUB_BITS` buckets, so a bucket is at most 1/32 of its values wide.
pub const SUB_BITS: u32 = 5;

/// The largest value with a bucket, some 68 s in nanoseconds; larger ones share it.
pub const TOP: u64 = (1 << 36) - 1;

/// Words of a histogram.
pub const BUCKETS: usize = index_of(TOP) + 1;

/// Counts of samples by their value; `S` is the storage, [`BUCKETS`] zeros.
pub struct Histogram<S>(S);

impl<S: Deref<Target = [Atomic<u64>]>> Histogram<S> {
    /// Creates a histogram in `storage`; samples without a word there are dropped.
    #[inline]
    pub fn new(storage: S) -> Self {
        Self(storage)
    }

    /// Records a sample. Only one thread may call it.
    #[inline(always)]
    pub fn record(&self, value: u64) {
        self.record_many(value, 1);
    }

    /// Records a sample `times` over. Only one thread may call it.
    #[inline(always)]
    pub fn record_many(&self, value: u64, times: u64) {
        if let Some(count) = self.0.get(index_of(value)) {
            // The only writer: no other store comes between the load and the store.
            count.store(count.load(Relaxed).wrapping_add(times), Relaxed);
        }
    }

    /// Returns each bucket that is not empty: its smallest value and its count.
    pub fn buckets(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        let counts = self.0.iter().map(|count| count.load(Relaxed));
        let buckets = counts.enumerate().map(|(i, count)| (low_of(i), count));
        buckets.filter(|&(_, count)| count > 0)
    }

    /// Returns the number of samples.
    pub fn total(&self) -> u64 {
        self.buckets()
            .fold(0, |sum, (_, count)| sum.wrapping_add(count))
    }
}

/// Returns the bucket of a value: values below `2 << SUB_BITS` have one each.
#[inline(always)]
const fn index_of(value: u64) -> usize {
    let value = if value < TOP { value } else { TOP };
    let octave = (63 - SUB_BITS).wrapping_sub((value | (1 << SUB_BITS)).leading_zeros());
    ((octave << SUB_BITS) as usize).wrapping_add((value >> octave) as usize)
}

/// Returns the smallest value of a bucket.
const fn low_of(index: usize) -> u64 {
    let octave = (index >> SUB_BITS).saturating_sub(1);
    let above = (index as u64).wrapping_sub((octave as u64) << SUB_BITS);
    above.wrapping_shl(octave as u32)
}
