// SPDX-License-Identifier: GPL-2.0

//! Hypervisor under the guest's kernel.

use abi::lock_load::Hypervisor;

use crate::helpers;

/// Returns the hypervisor, as the kernel detected it.
pub fn hypervisor() -> Hypervisor {
    // SAFETY: May be called anywhere.
    match unsafe { helpers::slowpath_hypervisor() } {
        helpers::slowpath_hypervisor_SLOWPATH_HYPERVISOR_NONE => Hypervisor::None,
        helpers::slowpath_hypervisor_SLOWPATH_HYPERVISOR_KVM => Hypervisor::Kvm,
        helpers::slowpath_hypervisor_SLOWPATH_HYPERVISOR_XEN_PV => Hypervisor::XenPv,
        helpers::slowpath_hypervisor_SLOWPATH_HYPERVISOR_XEN_HVM => Hypervisor::XenHvm,
        helpers::slowpath_hypervisor_SLOWPATH_HYPERVISOR_HYPER_V => Hypervisor::HyperV,
        _ => Hypervisor::Other,
    }
}
