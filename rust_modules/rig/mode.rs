// SPDX-License-Identifier: GPL-2.0

//! Paravirt mode of the guest's kernel.
//!
//! The order of the tests is that of `kvm_spinlock_init()` in `arch/x86/kernel/kvm.c`; they look at
//! what is in force and not at the kernel's log. `xen_init_spinlocks()` knows three of the modes.

use abi::lock_load::{
    KernelLock,
    Mode, //
};

use crate::helpers;

/// Returns the mode of a machine whose own spinlock is `lock`.
pub fn mode(lock: KernelLock) -> Mode {
    // SAFETY: May be called anywhere.
    let (dedicated, vcpus) = unsafe {
        (
            helpers::slowpath_kvm_dedicated(),
            helpers::slowpath_possible_cpus(),
        )
    };
    match (lock, dedicated, vcpus) {
        (KernelLock::Pv, ..) => Mode::Pv,
        (_, true, _) => Mode::Dedicated,
        (_, _, 1) => Mode::Single,
        (KernelLock::Native, ..) => Mode::Native,
        (KernelLock::TestAndSet, ..) => Mode::Tas,
        (KernelLock::Unknown, ..) => Mode::Unknown,
    }
}
