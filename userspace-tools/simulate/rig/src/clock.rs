// SPDX-License-Identifier: GPL-2.0

//! Clocks: virtual time, and steal time of a vCPU.

use kernel::prelude::*;
use machine::{words, VcpuId};
use measure::TscScale;

/// A stamp is a nanosecond.
const STAMP_KHZ: u64 = 1_000_000;

/// Returns the time, in nanoseconds; reading it costs a stamp.
#[inline]
pub fn now_ns() -> u64 {
    words::stamp()
}

/// Returns the steal time of `vcpu`, in nanoseconds.
pub fn steal_ns(vcpu: u32) -> u64 {
    words::stolen(VcpuId(vcpu))
}

/// Returns the scale of stamps.
///
/// # Errors
///
/// Never.
pub fn tsc_scale() -> Result<TscScale> {
    TscScale::of_khz(STAMP_KHZ).ok_or(EINVAL)
}

/// Returns the CPU time of the calling thread, which never halts while it works.
pub fn cpu_time_ns() -> u64 {
    words::clock().saturating_sub(words::stolen(words::current()))
}

/// Returns the same: no clock of a simulated thread lags.
pub fn cpu_time_now_ns() -> u64 {
    cpu_time_ns()
}

/// Returns whether `vcpu` is preempted, as the hypervisor reports it.
pub fn is_preempted(vcpu: u32) -> bool {
    words::is_preempted(VcpuId(vcpu))
}

/// Works for so many loops, of a nanosecond each.
#[inline]
pub fn busy_loop(loops: u64) {
    words::compute(loops);
}
