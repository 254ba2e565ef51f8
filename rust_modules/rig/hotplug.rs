// SPDX-License-Identifier: GPL-2.0

//! CPU hotplug of vCPUs, as `kernel/torture.c` does it.
//!
//! Both directions may sleep for long: they wait for code that keeps preemption off on any vCPU.

use kernel::{
    bindings,
    error::to_result,
    prelude::*, //
};

use crate::online_vcpus;

/// Takes `vcpu` offline; threads that were bound to it then run anywhere.
pub fn take_offline(vcpu: u32) -> Result {
    must_be_hotpluggable(vcpu)?;
    // SAFETY: The CPU is there; this may be called where it may sleep.
    match unsafe { bindings::remove_cpu(vcpu) } {
        // Another task took it offline, and will bring it back.
        1 => Err(EBUSY),
        other => to_result(other),
    }
}

/// Brings `vcpu` online; it does nothing if it is.
pub fn bring_online(vcpu: u32) -> Result {
    must_be_hotpluggable(vcpu)?;
    // SAFETY: As above.
    to_result(unsafe { bindings::add_cpu(vcpu) })
}

/// Returns whether `vcpu` is online, which may change at any time.
pub fn is_online(vcpu: u32) -> bool {
    online_vcpus().any(|online| online == vcpu)
}

/// Returns whether `vcpu` is a CPU that may go offline.
pub fn may_go_offline(vcpu: u32) -> bool {
    // SAFETY: Reads a device that lives as long as the machine, if there is one.
    unsafe { bindings::cpu_is_hotpluggable(vcpu) }
}

fn must_be_hotpluggable(vcpu: u32) -> Result {
    match may_go_offline(vcpu) {
        true => Ok(()),
        false => Err(EPERM),
    }
}
