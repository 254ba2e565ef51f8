// SPDX-License-Identifier: GPL-2.0

//! `struct percpu_counter`, the kernel's own sloppy counter (`lib/percpu_counter.c`).

use algo::counter::Counter;
use kernel::{
    bindings,
    error::to_result,
    prelude::*,
    types::Opaque, //
};

use crate::{
    helpers,
    kernel_word, //
};

/// A `struct percpu_counter`.
///
/// # Invariants
///
/// The box holds an initialised counter, which never moves: the kernel keeps a list of them.
pub struct PercpuCounter(KBox<Opaque<bindings::percpu_counter>>);

// SAFETY: All functions of a `percpu_counter` may be called from anywhere, by several at once.
unsafe impl Send for PercpuCounter {}
// SAFETY: As above.
unsafe impl Sync for PercpuCounter {}

impl PercpuCounter {
    /// Bytes of one, besides those on each CPU.
    pub const BYTES: usize = size_of::<bindings::percpu_counter>();
    /// Bytes of one on each CPU.
    pub const PER_VCPU: usize = size_of::<i32>();

    /// Creates a counter at zero.
    pub fn new() -> Result<Self> {
        let counter = KBox::new(Opaque::<bindings::percpu_counter>::uninit(), GFP_KERNEL)?;
        // SAFETY: The box has room for one counter; this may sleep.
        to_result(unsafe { helpers::slowpath_percpu_counter_init(counter.get().cast()) })?;
        // INVARIANT: It was just initialised, and moving a box does not move what it holds.
        Ok(Self(counter))
    }

    /// Returns the sum over all CPUs.
    pub fn sum(&self) -> i64 {
        // SAFETY: The counter is initialised, by the invariant.
        unsafe { bindings::__percpu_counter_sum(self.0.get()) }
    }

    /// Returns the bound on the error of [`read`](Counter::read) with `cpus` online.
    pub fn bound(cpus: u32) -> u64 {
        u64::from(batch().unsigned_abs()).saturating_mul(u64::from(cpus))
    }
}

impl Counter for PercpuCounter {
    #[inline(always)]
    fn add(&self, n: i64) {
        // SAFETY: The counter is initialised, by the invariant.
        unsafe { bindings::percpu_counter_add_batch(self.0.get(), n, batch()) };
    }

    /// Returns the central count.
    #[inline(always)]
    fn read(&self) -> i64 {
        // As `percpu_counter_read()`: the bound allows for what is added meanwhile.
        // SAFETY: As above.
        unsafe { kernel_word::read(&raw const (*self.0.get()).count) }
    }
}

/// Threshold of a CPU.
#[inline(always)]
fn batch() -> i32 {
    // It changes only when a CPU comes or goes, and any batch keeps the sum.
    // SAFETY: It is a static of the kernel's.
    unsafe { kernel_word::read(&raw const bindings::percpu_counter_batch) }
}

impl Drop for PercpuCounter {
    fn drop(&mut self) {
        // SAFETY: The counter is initialised, by the invariant, and has no users.
        unsafe { bindings::percpu_counter_destroy_many(self.0.get(), 1) };
    }
}
