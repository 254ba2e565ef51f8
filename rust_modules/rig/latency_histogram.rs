// SPDX-License-Identifier: GPL-2.0

//! Latency histogram that one thread records, and others read when it has left.

use algo::histogram::{
    Histogram,
    BUCKETS, //
};

use crate::{
    prelude::*,
    zeros, //
};

/// Histogram of latencies of one kind, and the longest.
pub struct LatencyHistogram {
    /// Number of latencies by length.
    pub histogram: Histogram<KVVec<Atomic<u64>>>,
    /// Longest latency, exactly.
    pub longest_ns: SingleWriter,
}

impl LatencyHistogram {
    /// Creates it, empty.
    pub fn new() -> Result<Self> {
        Ok(Self {
            histogram: Histogram::new(zeros(BUCKETS)?),
            longest_ns: SingleWriter::default(),
        })
    }

    /// Records a latency.
    pub fn record(&self, ns: u64) {
        self.histogram.record(ns);
        self.longest_ns.raise(ns);
    }
}
