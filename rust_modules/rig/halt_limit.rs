// SPDX-License-Identifier: GPL-2.0

//! Halt limit: a timer on each CPU that ends halts which no kick ends, while a run may halt.
//!
//! The tick would, but a CPU of `nohz_full=` has none. A halt with interrupts off is ended by the
//! [watchdog](crate::Watchdog), which the timers of the other CPUs call.

use crate::helpers;

/// The timers, until this is dropped; no vCPU may be halted then.
pub struct HaltLimit(());

impl HaltLimit {
    /// Starts the timers. One run at a time may have them; this may sleep.
    pub fn start() -> Self {
        // SAFETY: No CPU is halted before the run; this may sleep.
        unsafe { helpers::slowpath_limit_halts(true) };
        Self(())
    }
}

impl Drop for HaltLimit {
    fn drop(&mut self) {
        // SAFETY: By the contract of the type; a run is dropped where it may sleep.
        unsafe { helpers::slowpath_limit_halts(false) };
    }
}
