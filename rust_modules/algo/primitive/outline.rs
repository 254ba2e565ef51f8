// SPDX-License-Identifier: GPL-2.0

//! The kernel's own atomics: the fallback for all architectures but x86-64, and its yardstick.
//!
//! Built with `OUTLINE=1`, or where `x86.rs` does not apply. Each operation is a call of an exported
//! function where the kernel was built with GCC.

use kernel::sync::barrier;

use super::Full;

pub use kernel::{
    processor::cpu_relax,
    sync::atomic::Atomic, //
};

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
