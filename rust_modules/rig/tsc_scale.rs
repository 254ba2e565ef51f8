// SPDX-License-Identifier: GPL-2.0

//! Conversion between ticks of the time stamp counter and nanoseconds.

use core::num::NonZero;

use crate::{
    helpers,
    prelude::*, //
};

/// Frequency of the time stamp counter.
#[derive(Clone, Copy)]
pub struct TscScale {
    khz: NonZero<u64>,
    /// Nanoseconds of a tick, times `1 << SHIFT`.
    scale: u64,
}

const SHIFT: u32 = 24;
/// Longest time that is converted, some minutes; longer ones are cut to that.
const LONGEST: u64 = 1 << 38;
/// Lowest frequency, below which a product would not fit.
const SLOWEST_KHZ: u64 = 250_000;

impl TscScale {
    /// Reads the frequency; refuses where the counter is no clock.
    pub fn new() -> Result<Self, Refused> {
        // SAFETY: May be called anywhere.
        let khz = u64::from(unsafe { helpers::slowpath_tsc_khz() });
        match NonZero::new(khz) {
            Some(nonzero) if khz >= SLOWEST_KHZ => Ok(Self {
                khz: nonzero,
                scale: (1_000_000 << SHIFT) / nonzero,
            }),
            _ => Err(Refused::new(
                ENODEV,
                format_args!(
                    "`histograms=on`: the time stamp counter is no clock ({khz} kHz; allowed: \
                     {SLOWEST_KHZ}..); set histograms=off"
                ),
            )),
        }
    }

    /// Returns `ticks` in nanoseconds.
    #[inline(always)]
    pub fn ns(self, ticks: u64) -> u64 {
        ticks.min(LONGEST).wrapping_mul(self.scale) >> SHIFT
    }

    /// Returns `ns` in ticks.
    pub fn of_ns(self, ns: u64) -> u64 {
        ns.saturating_mul(self.khz.get()) / 1_000_000
    }
}

/// Returns whether the time stamp counters of all vCPUs agree, as far as the kernel knows; it may find
/// out later.
pub fn tsc_is_stable() -> bool {
    // SAFETY: May be called anywhere.
    unsafe { helpers::slowpath_tsc_is_stable() }
}
