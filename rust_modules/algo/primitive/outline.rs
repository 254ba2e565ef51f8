// SPDX-License-Identifier: GPL-2.0

//! The kernel's own atomics: the fallback for all architectures but x86-64, and its yardstick.
//!
//! Built with `OUTLINE=1`, or where `x86.rs` does not apply. Each operation is a call of an exported
//! function where the kernel was built with GCC.

use core::ops::Deref;

use kernel::sync::{
    atomic::{
        self as kernels,
        AtomicType, //
    },
    barrier, //
};

use super::Full;

pub use kernel::processor::cpu_relax;

/// A memory location that several CPUs reach.
#[repr(transparent)]
pub struct Atomic<T: AtomicType>(kernels::Atomic<T>);

impl<T: AtomicType> Atomic<T> {
    /// Creates the location, holding `v`.
    #[inline(always)]
    pub const fn new(v: T) -> Self {
        Self(kernels::Atomic::new(v))
    }
}

impl<T: AtomicType + Default> Default for Atomic<T> {
    #[inline(always)]
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T: AtomicType> Deref for Atomic<T> {
    type Target = kernels::Atomic<T>;

    #[inline(always)]
    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

/// Orders all earlier accesses before all later ones, between CPUs.
#[inline(always)]
pub fn smp_mb() {
    barrier::smp_mb(Full);
}

/// Returns the number of the CPU that this runs on.
#[inline(always)]
pub(super) fn current_cpu() -> u32 {
    kernel::cpu::CpuId::current().as_u32()
}
