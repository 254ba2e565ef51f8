// SPDX-License-Identifier: GPL-2.0

//! The kernel's own counters, as baselines.

use algo::counter::Counter;
use kernel::prelude::*;

use crate::total::Promise;

/// `struct percpu_counter`.
pub(crate) struct PercpuCounter {
    counter: rig::PercpuCounter,
    vcpus: u32,
}

impl PercpuCounter {
    pub(crate) fn new() -> Result<Self> {
        Ok(Self {
            counter: rig::PercpuCounter::new()?,
            vcpus: rig::possible_vcpus(),
        })
    }
}

impl Counter for PercpuCounter {
    #[inline(always)]
    fn add(&self, n: i64) {
        self.counter.add(n);
    }

    #[inline(always)]
    fn read(&self) -> i64 {
        self.counter.read()
    }
}

impl Promise for PercpuCounter {
    const PER_VCPU: usize = rig::PercpuCounter::PER_VCPU;

    fn sum(&self) -> i64 {
        self.counter.sum()
    }

    fn bound(&self) -> u64 {
        rig::PercpuCounter::bound(self.vcpus)
    }
}

/// `struct percpu_ref`.
pub(crate) struct PercpuRef(pub(crate) rig::PercpuRef);

impl Counter for PercpuRef {
    #[inline(always)]
    fn add(&self, n: i64) {
        match n > 0 {
            true => self.0.get(),
            false => self.0.put(),
        }
    }

    /// It cannot be read while it counts per CPU; nobody asks.
    #[inline(always)]
    fn read(&self) -> i64 {
        0
    }
}

impl Promise for PercpuRef {
    const REFS: bool = true;
    const PER_VCPU: usize = size_of::<usize>();

    fn sum(&self) -> i64 {
        self.0.settle()
    }

    /// To count them would make it slow for the rest of the run.
    fn peek(&self) -> i64 {
        0
    }
}

/// `refcount_t`.
pub(crate) struct Refcount(pub(crate) rig::KernelRefcount);

impl Counter for Refcount {
    #[inline(always)]
    fn add(&self, n: i64) {
        match n > 0 {
            true => self.0.get(),
            false => self.0.put(),
        }
    }

    #[inline(always)]
    fn read(&self) -> i64 {
        self.0.read()
    }
}

impl Promise for Refcount {
    const REFS: bool = true;

    fn sum(&self) -> i64 {
        self.0.read()
    }
}
