// SPDX-License-Identifier: GPL-2.0

//! What the host is asked for: to stop a vCPU for a while, as if it had better things to do.

use crate::helpers;

/// Returns whether somebody listens.
pub fn can_inject_preemption() -> bool {
    // SAFETY: Reading that port changes nothing, whatever is there.
    unsafe { helpers::slowpath_can_inject_preemption() }
}

/// Asks for `vcpu` to be stopped for `ms`, soon. One caller at a time; nothing is answered.
pub fn inject_preemption(vcpu: u8, ms: u8) {
    // SAFETY: Where nobody listens, what is written there is dropped.
    unsafe { helpers::slowpath_inject_preemption(vcpu, ms) };
}
