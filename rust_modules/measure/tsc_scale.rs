// SPDX-License-Identifier: GPL-2.0

//! Conversion between ticks of the time stamp counter and nanoseconds.

use core::num::NonZero;

/// Frequency of the time stamp counter.
#[derive(Clone, Copy)]
pub struct TscScale {
    khz: NonZero<u64>,
    /// Nanoseconds of a tick, times `1 << SHIFT`.
    scale: u64,
}

const SHIFT: u32 = 24;
/// Longest time that is converted in 64 bits, some minutes; longer ones are cut to that.
const LONGEST: u64 = 1 << 38;

impl TscScale {
    /// Lowest frequency, in kHz, below which a product would not fit.
    pub const SLOWEST_KHZ: u64 = 250_000;

    /// Creates the scale of a counter; `None` if it is slower than [`SLOWEST_KHZ`](Self::SLOWEST_KHZ).
    pub fn of_khz(khz: u64) -> Option<Self> {
        let nonzero = NonZero::new(khz).filter(|_| khz >= Self::SLOWEST_KHZ)?;
        Some(Self {
            khz: nonzero,
            scale: (1_000_000 << SHIFT) / nonzero,
        })
    }

    /// Returns `ticks` in nanoseconds, some minutes at most.
    #[inline(always)]
    pub fn ns(self, ticks: u64) -> u64 {
        ticks.min(LONGEST).wrapping_mul(self.scale) >> SHIFT
    }

    /// Returns `ticks` in nanoseconds, however many; slower than [`ns`](Self::ns).
    pub fn clock_ns(self, ticks: u64) -> u64 {
        (u128::from(ticks).wrapping_mul(self.scale.into()) >> SHIFT) as u64
    }

    /// Returns `ticks` in picoseconds, some minutes at most.
    pub fn ps(self, ticks: u64) -> u64 {
        let scaled = u128::from(ticks.min(LONGEST)).wrapping_mul(self.scale.into());
        (scaled.wrapping_mul(1000) >> SHIFT) as u64
    }

    /// Returns `ns` in ticks.
    pub fn of_ns(self, ns: u64) -> u64 {
        ns.saturating_mul(self.khz.get()) / 1_000_000
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_converted_both_ways() {
        let tsc = TscScale::of_khz(2_500_000).unwrap();
        assert_eq!((tsc.of_ns(1000), tsc.ns(2_500)), (2_500, 999));
        assert!(tsc.ps(5).abs_diff(2_000) <= 1);
        let hour = tsc.of_ns(3_600_000_000_000);
        assert!(tsc.ns(hour) < 120_000_000_000, "cut");
        assert!(tsc.clock_ns(hour).abs_diff(3_600_000_000_000) < 1_000_000);
    }

    #[test]
    fn counter_that_is_no_clock_has_no_scale() {
        assert!(TscScale::of_khz(0).is_none() && TscScale::of_khz(249_999).is_none());
        assert!(TscScale::of_khz(250_000).is_some());
    }
}
