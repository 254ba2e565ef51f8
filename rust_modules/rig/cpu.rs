// SPDX-License-Identifier: GPL-2.0

//! vCPUs of this machine, and its limits.

use abi::Limits;
use kernel::{
    bindings,
    cpu::{
        nr_cpu_ids,
        CpuId, //
    },
    cpumask::Cpumask,
    page::PAGE_SIZE, //
};

/// Returns the CPUs that are online, in ascending order. Any may go offline at any time.
pub(crate) fn online() -> impl Iterator<Item = CpuId> {
    // SAFETY: The kernel's own mask is valid for ever, and read bit by bit.
    let mask = unsafe { Cpumask::from_raw(&raw const bindings::__cpu_online_mask) };
    (0..nr_cpu_ids())
        .filter_map(CpuId::from_u32)
        .filter(|&cpu| mask.test(cpu))
}

/// Returns the numbers of the vCPUs that are online, in ascending order.
pub fn online_vcpus() -> impl Iterator<Item = u32> {
    online().map(|cpu| cpu.as_u32())
}

/// Returns the `n`th vCPU that is online, modulo their number.
pub fn nth_online(n: u64) -> u32 {
    let n = n.checked_rem(online().count() as u64).unwrap_or(0);
    online_vcpus().nth(n as usize).unwrap_or(0)
}

/// Returns the limits of the machine as of now: its vCPUs, and its available memory.
pub(crate) fn limits() -> Limits {
    // SAFETY: Reads counters of the page allocator; may be called anywhere.
    let pages = unsafe { bindings::si_mem_available() } as u64;
    let vcpus = online().fold(0u32, |n, _| n.saturating_add(1));
    Limits {
        vcpus,
        bytes: pages.saturating_mul(PAGE_SIZE as u64),
    }
}

/// Returns one more than the highest number that a vCPU may ever have.
pub fn possible_vcpus() -> u32 {
    nr_cpu_ids()
}
