// SPDX-License-Identifier: GPL-2.0

//! World of a sampler, the kernel or a host: its memory, and the steal time of its vCPUs.

use core::ops::Deref;

/// What a sampler needs of its world.
pub trait World {
    /// Memory of a fixed number of things.
    type List<T>: Deref<Target = [T]>;
    /// A thread's view of the steal clock of the vCPU that it is on.
    type Steal: StealClock;
}

/// Steal time of a vCPU as the hypervisor reports it.
pub trait StealClock {
    /// Returns the steal time since the last read, in nanoseconds; 0 at the first read on a vCPU, and
    /// `None` without such a clock. The caller is on `vcpu` and stays there.
    fn passed_ns(&self, vcpu: u32) -> Option<u64>;
}
