// SPDX-License-Identifier: GPL-2.0

//! Steal clock: steal time of a vCPU as the hypervisor reports it.
//!
//! KVM writes it for each vCPU before that runs again (`struct kvm_steal_time`), so a read after a
//! gap has the gap in it. The kernel's own count, `cpustat`, lags by a tick.

use core::{
    cell::Cell,
    ffi::c_void,
    ptr, //
};

use abi::lock_load::LostTimeSource;

use crate::helpers;

/// A thread's view of the steal clock of the vCPU that it is on.
pub struct StealClock {
    record: Cell<*const c_void>,
    vcpu: Cell<u32>,
    read_ns: Cell<u64>,
}

impl StealClock {
    /// Creates a clock that was not read yet.
    #[expect(clippy::new_without_default, reason = "as all clocks here")]
    pub const fn new() -> Self {
        Self {
            record: Cell::new(ptr::null()),
            vcpu: Cell::new(u32::MAX),
            read_ns: Cell::new(0),
        }
    }
}

impl measure::StealClock for StealClock {
    fn passed_ns(&self, vcpu: u32) -> Option<u64> {
        let moved = self.vcpu.replace(vcpu) != vcpu;
        if moved {
            // SAFETY: May be called where the CPU does not change.
            self.record.set(unsafe { helpers::slowpath_steal_record() });
        }
        let record = self.record.get();
        if record.is_null() {
            return None;
        }
        // SAFETY: It is per-CPU memory of the kernel's, which stays when the CPU goes offline.
        let now = unsafe { helpers::slowpath_steal_record_ns(record) };
        let before = self.read_ns.replace(now);
        Some(if moved { 0 } else { now.saturating_sub(before) })
    }
}

/// Returns whether the hypervisor reports steal time.
pub fn has_steal_clock() -> bool {
    // SAFETY: May be called anywhere; it matters not on which CPU.
    !unsafe { helpers::slowpath_steal_record() }.is_null()
}

/// Returns what shows lost time on this machine.
pub fn lost_time_source() -> LostTimeSource {
    match has_steal_clock() {
        true => LostTimeSource::Steal,
        false => LostTimeSource::Gaps,
    }
}
