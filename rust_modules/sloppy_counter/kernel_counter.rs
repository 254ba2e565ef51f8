// SPDX-License-Identifier: GPL-2.0

//! The kernel's own sloppy counter, as a baseline.

use algo::counter::{
    Counter,
    Lane, //
};
use kernel::prelude::*;

/// `struct percpu_counter`.
pub(crate) struct PercpuCounter {
    counter: rig::PercpuCounter,
    /// How far the cheap read may be off.
    pub(crate) bound: u64,
}

impl PercpuCounter {
    pub(crate) fn new(vcpus: u32) -> Result<Self> {
        Ok(Self {
            counter: rig::PercpuCounter::new()?,
            bound: rig::PercpuCounter::bound(vcpus),
        })
    }

    pub(crate) fn sum(&self) -> i64 {
        self.counter.sum()
    }
}

impl Counter for PercpuCounter {
    const NAME: &'static str = "percpu_counter";

    #[inline(always)]
    fn add(&self, _: &Lane, n: i64) {
        self.counter.add(n);
    }

    fn read(&self) -> i64 {
        self.counter.read()
    }
}
