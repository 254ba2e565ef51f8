// SPDX-License-Identifier: GPL-2.0

//! Injected preemption: a request to the host to stop a vCPU for a while, as if it had other work.

use crate::helpers;

/// Returns whether the machine has the port that takes such requests.
pub fn can_inject_preemption() -> bool {
    // SAFETY: Reading that port changes nothing, whatever is there.
    unsafe { helpers::slowpath_can_inject_preemption() }
}

/// Requests that the host stop `vcpu` for `ms`, soon. One caller at a time; there is no reply.
pub fn inject_preemption(vcpu: u8, ms: u8) {
    // SAFETY: Without such a port the write is dropped.
    unsafe { helpers::slowpath_inject_preemption(vcpu, ms) };
}
