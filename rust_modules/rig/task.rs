// SPDX-License-Identifier: GPL-2.0

//! Affinity and CPU time of the calling task; node and preemption of a vCPU.

use algo::primitive::Vcpu;
use kernel::cpu::CpuId;

use crate::helpers;

/// Returns whether the calling task may run on `vcpu`, by its affinity and its cpuset.
pub fn may_run_on(vcpu: u32) -> bool {
    // SAFETY: The number is that of a CPU.
    CpuId::from_u32(vcpu).is_some() && unsafe { helpers::slowpath_may_run_on(vcpu) }
}

/// Returns the CPU time of the calling task as of its last tick, in nanoseconds. It includes steal
/// time where the hypervisor reports none.
pub fn cpu_time_ns() -> u64 {
    // SAFETY: Reads a number of the current task.
    unsafe { helpers::slowpath_cpu_time_ns() }
}

/// The same as of now; it yields first. Ticks of a busy guest may be far apart.
pub fn cpu_time_now_ns() -> u64 {
    // SAFETY: May be called where it may sleep.
    unsafe { helpers::slowpath_cpu_time_now_ns() }
}

/// Returns the NUMA node of `vcpu`; 0 if there is no such vCPU.
pub fn node_of(vcpu: u32) -> u32 {
    Vcpu::numbered(vcpu).map_or(0, Vcpu::node)
}

/// Returns whether the hypervisor reports that it preempted `vcpu`; `false` where it reports
/// nothing.
pub fn is_preempted(vcpu: u32) -> bool {
    // SAFETY: The number is that of a CPU.
    CpuId::from_u32(vcpu).is_some() && unsafe { helpers::slowpath_vcpu_is_preempted(vcpu) }
}
