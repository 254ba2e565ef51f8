// SPDX-License-Identifier: GPL-2.0

//! Taking vCPUs offline and bringing them back, as `kernel/torture.c` does.
//!
//! Both may sleep for long, and wait for whatever keeps preemption off on any vCPU.

use kernel::{
    bindings,
    error::to_result,
    prelude::*, //
};

use crate::cpu;

/// Takes `vcpu` offline; whoever was bound to it then runs anywhere.
pub fn take_offline(vcpu: u32) -> Result {
    must_be_switchable(vcpu)?;
    // SAFETY: The CPU is there; this may be called where it may sleep.
    match unsafe { bindings::remove_cpu(vcpu) } {
        // Somebody else did, who will bring it back.
        1 => Err(EBUSY),
        other => to_result(other),
    }
}

/// Brings `vcpu` online; it does nothing if it is.
pub fn bring_online(vcpu: u32) -> Result {
    must_be_switchable(vcpu)?;
    // SAFETY: As above.
    to_result(unsafe { bindings::add_cpu(vcpu) })
}

/// Returns whether `vcpu` is online, which may change at any time.
pub fn is_online(vcpu: u32) -> bool {
    cpu::online().any(|cpu| cpu.as_u32() == vcpu)
}

/// Returns whether `vcpu` is a CPU that may go offline.
pub fn may_go_offline(vcpu: u32) -> bool {
    // SAFETY: Looks at a device that lives for as long as the machine, if there is one.
    unsafe { bindings::cpu_is_hotpluggable(vcpu) }
}

fn must_be_switchable(vcpu: u32) -> Result {
    match may_go_offline(vcpu) {
        true => Ok(()),
        false => Err(EPERM),
    }
}
