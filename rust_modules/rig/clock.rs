// SPDX-License-Identifier: GPL-2.0

//! Clocks: monotonic time, and steal time of a vCPU.

use kernel::bindings;

use crate::helpers;

/// Returns the monotonic time, in nanoseconds.
#[inline]
pub fn now_ns() -> u64 {
    // SAFETY: May be called anywhere but in an NMI. The clock starts at 0 and is never negative.
    unsafe { bindings::ktime_get() }.unsigned_abs()
}

/// Returns the steal time of `vcpu` as of its last tick, in nanoseconds; 0 where the hypervisor
/// reports none.
pub fn steal_ns(vcpu: u32) -> u64 {
    // SAFETY: Reads a number of a CPU that there is.
    unsafe { helpers::slowpath_steal_ns(vcpu) }
}
