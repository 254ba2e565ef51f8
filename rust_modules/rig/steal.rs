// SPDX-License-Identifier: GPL-2.0

//! How long the hypervisor kept a vCPU from running, by its own account.
//!
//! KVM writes it for each vCPU before that runs again (`struct kvm_steal_time`), so a vCPU that
//! looks after a gap finds the gap there. The kernel's own account, `cpustat`, lags by a tick.

use core::{
    cell::Cell,
    ffi::c_void,
    ptr, //
};

use crate::helpers;

/// A thread's view of the steal clock of the vCPU that it is on.
pub struct StealClock {
    record: Cell<*const c_void>,
    vcpu: Cell<u32>,
    seen_ns: Cell<u64>,
}

impl StealClock {
    /// Creates a clock that was not looked at.
    #[expect(clippy::new_without_default, reason = "as all clocks here")]
    pub const fn new() -> Self {
        Self {
            record: Cell::new(ptr::null()),
            vcpu: Cell::new(u32::MAX),
            seen_ns: Cell::new(0),
        }
    }

    /// Returns by how much the clock went on since the last look; nothing on the first look on
    /// a vCPU. `None` if there is no such clock. The caller is on `vcpu` and stays there.
    pub fn passed_ns(&self, vcpu: u32) -> Option<u64> {
        let moved = self.vcpu.replace(vcpu) != vcpu;
        if moved {
            // SAFETY: May be called where the CPU does not change.
            self.record.set(unsafe { helpers::slowpath_steal_record() });
        }
        let record = self.record.get();
        if record.is_null() {
            return None;
        }
        // SAFETY: It is per-CPU memory of the kernel's, which stays even when the CPU goes.
        let now = unsafe { helpers::slowpath_steal_record_ns(record) };
        let before = self.seen_ns.replace(now);
        Some(if moved { 0 } else { now.saturating_sub(before) })
    }
}

/// Returns whether there is such a clock.
pub fn has_steal_clock() -> bool {
    // SAFETY: May be called anywhere; it matters not on which CPU.
    !unsafe { helpers::slowpath_steal_record() }.is_null()
}
