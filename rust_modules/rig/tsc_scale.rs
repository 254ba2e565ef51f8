// SPDX-License-Identifier: GPL-2.0

//! Ticks of the time stamp counter, and what they are in nanoseconds.

use core::num::NonZero;

use kernel::prelude::*;

use crate::{
    helpers,
    Refused, //
};

/// How fast the time stamp counter runs.
#[derive(Clone, Copy)]
pub struct TscScale {
    khz: NonZero<u64>,
    /// Nanoseconds of a tick, times `1 << SHIFT`.
    scale: u64,
}

const SHIFT: u32 = 24;
/// The longest time that is converted, some minutes; longer ones are as long as that.
const LONGEST: u64 = 1 << 38;
/// Below this a product would not fit.
const SLOWEST_KHZ: u64 = 250_000;

impl TscScale {
    /// Asks the kernel; refuses where the counter does not tell the time.
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
                    "`histograms=on`: the time stamp counter runs at {khz} kHz, which is none to \
                     tell the time by; set histograms=off"
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
