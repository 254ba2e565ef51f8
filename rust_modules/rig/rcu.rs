// SPDX-License-Identifier: GPL-2.0

//! RCU grace periods.

/// Waits until all code that had preemption or interrupts off on any vCPU, RCU readers among it,
/// has ended.
pub fn synchronize_rcu() {
    algo::primitive::grace();
}
