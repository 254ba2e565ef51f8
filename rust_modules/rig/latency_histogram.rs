// SPDX-License-Identifier: GPL-2.0

//! Times of one kind that one thread takes, and others read when it has left.

use algo::{
    histogram::{
        Histogram,
        BUCKETS, //
    },
    primitive::Atomic, //
};
use kernel::prelude::*;

use crate::SingleWriter;

/// Times of one kind.
pub struct LatencyHistogram {
    /// How many there were of about what length.
    pub histogram: Histogram<KVVec<Atomic<u64>>>,
    /// The longest, exactly.
    pub longest_ns: SingleWriter,
}

impl LatencyHistogram {
    /// Creates it, without any.
    pub fn new() -> Result<Self> {
        let mut words = KVVec::with_capacity(BUCKETS, GFP_KERNEL)?;
        for _ in 0..BUCKETS {
            words.push(Atomic::new(0), GFP_KERNEL)?;
        }
        Ok(Self {
            histogram: Histogram::new(words),
            longest_ns: SingleWriter::default(),
        })
    }

    /// Takes a time.
    pub fn record(&self, ns: u64) {
        self.histogram.record(ns);
        self.longest_ns.raise(ns);
    }
}
