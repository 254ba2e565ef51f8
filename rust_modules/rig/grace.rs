// SPDX-License-Identifier: GPL-2.0

//! Waiting for what others have begun.

use kernel::bindings;

/// Waits until everything that had preemption or interrupts off, on any vCPU, no longer has.
pub fn wait_for_grace() {
    // SAFETY: Called where it may sleep.
    unsafe { bindings::synchronize_rcu() };
}
