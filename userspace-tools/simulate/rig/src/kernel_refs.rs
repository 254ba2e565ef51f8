// SPDX-License-Identifier: GPL-2.0

//! The kernel's own counters: a model of `refcount_t`, which is one atomic; none of the two that are per
//! vCPU, which `simulate` refuses.

use algo::{
    counter::Counter,
    primitive::{Atomic, Relaxed, Release},
};
use kernel::prelude::*;

/// Model of `refcount_t`: an atomic addition for each get, one for each put.
pub struct KernelRefcount(Atomic<i64>);

impl KernelRefcount {
    /// Creates it without references but the creator's, which is not counted.
    #[expect(clippy::new_without_default, reason = "a constructor makes atomics")]
    pub fn new() -> Self {
        Self(Atomic::new(0))
    }
}

impl Counter for KernelRefcount {
    fn add(&self, n: i64) {
        match n {
            1.. => self.0.fetch_add(n, Relaxed),
            _ => self.0.fetch_add(n, Release),
        };
    }

    fn read(&self) -> i64 {
        self.0.load(Relaxed)
    }
}

/// The kernel's `struct percpu_counter`, of which there is no model.
pub enum PercpuCounter {}

impl PercpuCounter {
    /// Bytes, once: no counter, no bytes.
    pub const BYTES: usize = 0;
    /// Bytes on each vCPU.
    pub const PER_VCPU: usize = 0;

    /// Makes none.
    ///
    /// # Errors
    ///
    /// Always.
    pub fn new() -> Result<Self> {
        Err(ENOSYS)
    }

    /// Returns the exact sum.
    pub fn sum(&self) -> i64 {
        match *self {}
    }

    /// Returns the bound on the error of the cheap read, by the batch of the kernel.
    pub fn bound(vcpus: u32) -> u64 {
        u64::from(vcpus).saturating_mul(u64::from(vcpus.saturating_mul(2).max(32)))
    }
}

impl Counter for PercpuCounter {
    fn add(&self, _: i64) {
        match *self {}
    }

    fn read(&self) -> i64 {
        match *self {}
    }
}

/// The kernel's `struct percpu_ref`, of which there is no model.
pub enum PercpuRef {}

impl PercpuRef {
    /// Makes none.
    ///
    /// # Errors
    ///
    /// Always.
    pub fn new() -> Result<Self> {
        Err(ENOSYS)
    }

    /// Returns the exact count.
    pub fn settle(&self) -> i64 {
        match *self {}
    }
}

impl Counter for PercpuRef {
    fn add(&self, _: i64) {
        match *self {}
    }

    fn read(&self) -> i64 {
        match *self {}
    }
}
