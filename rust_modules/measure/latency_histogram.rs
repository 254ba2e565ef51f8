// SPDX-License-Identifier: GPL-2.0

//! Latency histogram that one thread records, and others read when it has left.

use core::ops::Deref;

use algo::{
    histogram::Histogram,
    primitive::Atomic, //
};

use crate::SingleWriter;

/// Histogram of latencies of one kind, and the longest; `S` is the storage of the [`Histogram`].
pub struct LatencyHistogram<S> {
    /// Number of latencies by length.
    pub histogram: Histogram<S>,
    /// Longest latency, exactly.
    pub longest_ns: SingleWriter,
}

impl<S: Deref<Target = [Atomic<u64>]>> LatencyHistogram<S> {
    /// Creates it, empty.
    pub fn new(storage: S) -> Self {
        Self {
            histogram: Histogram::new(storage),
            longest_ns: SingleWriter::default(),
        }
    }

    /// Records a latency.
    #[inline]
    pub fn record(&self, ns: u64) {
        self.histogram.record(ns);
        self.longest_ns.raise(ns);
    }
}
