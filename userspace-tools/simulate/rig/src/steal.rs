// SPDX-License-Identifier: GPL-2.0

//! Steal clock of the vCPU that a thread is on: every simulated hypervisor reports steal time.

use std::cell::Cell;

use abi::lock_load::LostTimeSource;

/// A thread's view of the steal clock of its vCPU.
pub struct StealClock(Cell<Option<u64>>);

impl StealClock {
    /// Creates a clock that was not read yet.
    #[expect(clippy::new_without_default, reason = "as all clocks here")]
    pub const fn new() -> Self {
        Self(Cell::new(None))
    }
}

impl measure::StealClock for StealClock {
    fn passed_ns(&self, vcpu: u32) -> Option<u64> {
        let now = crate::steal_ns(vcpu);
        let before = self.0.replace(Some(now));
        Some(now.saturating_sub(before.unwrap_or(now)))
    }
}

/// Returns whether the hypervisor reports steal time.
pub fn has_steal_clock() -> bool {
    true
}

/// Returns what shows lost time.
pub fn lost_time_source() -> LostTimeSource {
    LostTimeSource::Steal
}
