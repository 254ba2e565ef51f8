// SPDX-License-Identifier: GPL-2.0

//! What the calling task may and did, and what a vCPU lost.

use kernel::cpu::CpuId;

use crate::{
    cpu,
    helpers, //
};

/// Returns the numbers of the vCPUs that are online, in ascending order. Any may go at any time.
pub fn online() -> impl Iterator<Item = u32> {
    cpu::online().map(|cpu| cpu.as_u32())
}

/// Returns whether the calling task may run on `vcpu`, by its affinity and its cpuset.
pub fn may_run_on(vcpu: u32) -> bool {
    // SAFETY: The number is that of a CPU.
    CpuId::from_u32(vcpu).is_some() && unsafe { helpers::slowpath_may_run_on(vcpu) }
}

/// Returns the CPU time of the calling task as of its last tick, in nanoseconds. Where no
/// hypervisor tells of steal, time that the vCPU lost is in it.
pub fn cpu_time_ns() -> u64 {
    // SAFETY: Reads a number of the current task.
    unsafe { helpers::slowpath_cpu_time_ns() }
}

/// The same as of now; it lets others run first. Ticks of a busy guest may be far apart.
pub fn cpu_time_now_ns() -> u64 {
    // SAFETY: May be called where it may sleep.
    unsafe { helpers::slowpath_cpu_time_now_ns() }
}

/// Returns the NUMA node of `vcpu`.
pub fn node_of(vcpu: u32) -> u32 {
    match CpuId::from_u32(vcpu) {
        // SAFETY: The number is that of a CPU.
        Some(_) => u32::try_from(unsafe { helpers::slowpath_node_of(vcpu) }).unwrap_or(0),
        None => 0,
    }
}

/// Returns whether the hypervisor says that `vcpu` is not running though it could; `false` where
/// it says nothing.
pub fn is_preempted(vcpu: u32) -> bool {
    // SAFETY: The number is that of a CPU.
    CpuId::from_u32(vcpu).is_some() && unsafe { helpers::slowpath_vcpu_is_preempted(vcpu) }
}
