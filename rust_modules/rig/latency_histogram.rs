// SPDX-License-Identifier: GPL-2.0

//! Latency histogram in memory of the kernel's.

use algo::histogram::BUCKETS;

use crate::{
    prelude::*,
    zeros, //
};

/// Latency histogram that one thread records, and others read when it has left.
pub type LatencyHistogram = measure::LatencyHistogram<KVVec<Atomic<u64>>>;

/// Creates a latency histogram, empty.
pub fn latency_histogram() -> Result<LatencyHistogram> {
    Ok(LatencyHistogram::new(zeros(BUCKETS)?))
}
