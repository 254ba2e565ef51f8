// SPDX-License-Identifier: GPL-2.0

//! Waiting for what others have begun.

/// Waits until everything that had preemption or interrupts off, on any vCPU, no longer has; RCU's
/// readers are among that.
pub fn synchronize_rcu() {
    algo::primitive::grace();
}
