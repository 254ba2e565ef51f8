// SPDX-License-Identifier: GPL-2.0

//! Time stamp counter: its frequency, and whether those of all vCPUs agree.

use measure::TscScale;

use crate::{
    helpers,
    prelude::*, //
};

/// Reads the frequency; refuses where the counter is no clock.
pub fn tsc_scale() -> Result<TscScale, Refused> {
    // SAFETY: May be called anywhere.
    let khz = u64::from(unsafe { helpers::slowpath_tsc_khz() });
    TscScale::of_khz(khz).ok_or_else(|| {
        Refused::new(
            ENODEV,
            format_args!(
                "`histograms=on`: the time stamp counter is no clock ({khz} kHz; allowed: \
                 {}..); set histograms=off",
                TscScale::SLOWEST_KHZ
            ),
        )
    })
}

/// Returns whether the time stamp counters of all vCPUs agree, as far as the kernel knows; it may find
/// out later.
pub fn tsc_is_stable() -> bool {
    // SAFETY: May be called anywhere.
    unsafe { helpers::slowpath_tsc_is_stable() }
}
