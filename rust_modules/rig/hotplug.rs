// SPDX-License-Identifier: GPL-2.0

//! CPU hotplug of vCPUs, as `kernel/torture.c` does it.
//!
//! Both directions may sleep for long: they wait for code that keeps preemption off on any vCPU.

use kernel::{
    bindings,
    error::to_result,
    prelude::*, //
};

use crate::{
    now_ns,
    online_vcpus,
    refused::errno,
    sleep_until,
    Refused, //
};

/// How often [`restore_online`] tries before that is an error, and how long it waits in between.
const RESTORE_TRIES: u32 = 50;
const RESTORE_RETRY_NS: u64 = 20_000_000;

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

/// Brings `vcpu` online, as at the end of a run; what keeps the kernel from it does not last. Calls
/// `failed` after each failure.
pub fn restore_online(vcpu: u32, failed: impl Fn()) -> Result<(), Refused> {
    let mut error = EBUSY;
    for _ in 0..RESTORE_TRIES {
        match bring_online(vcpu) {
            Ok(()) => return Ok(()),
            Err(e) => error = e,
        }
        failed();
        sleep_until(now_ns().saturating_add(RESTORE_RETRY_NS));
    }
    Err(Refused::new(
        EIO,
        format_args!(
            "cannot bring vCPU {vcpu} online: the kernel refused ({}). \
             Try: echo 1 > /sys/devices/system/cpu/cpu{vcpu}/online",
            errno(error)
        ),
    ))
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
