// SPDX-License-Identifier: GPL-2.0

//! Durations by which a sampler judges, in ticks of the time stamp counter.

use abi::lock_load::Config;

use crate::TscScale;

/// Disagreement between the clocks of two vCPUs, and between a reading and the step that it times.
pub const TOLERANCE_NS: u64 = 1000;

/// The longest sampling period, in sections. Reading the clock costs too much of a short section.
const MAX_SAMPLING_PERIOD: u64 = 256;

/// The longest time that untimed sections take, with their pauses; a quarter of a long wait if that
/// is less, so that the cause of a long wait does not hide among them.
const MAX_UNTIMED_NS: u64 = 200_000;

/// A gap of this length is lost time even if the steal clock does not account for it: that counts
/// a vCPU that could run, not one whose thread was stopped, frozen or in other work of the host. No
/// interrupt of the guest takes so long.
const CERTAIN_LOSS_NS: u64 = 5_000_000;

/// A wait of `long_us` is long, and this part of it is a gap.
const GAP_PART: u64 = 4;

/// A duration, and the least that it cannot take on a running vCPU.
#[derive(Clone, Copy)]
pub struct Bounds {
    /// The duration.
    pub usual: u64,
    /// A longer one is not of a running vCPU.
    pub limit: u64,
}

impl Bounds {
    fn new(usual: u64, gap: u64) -> Self {
        Self {
            usual,
            limit: usual.saturating_mul(2).saturating_add(gap),
        }
    }
}

/// The durations of one run.
pub struct Thresholds {
    /// The clock.
    pub tsc: TscScale,
    /// A longer wait is long.
    pub long: u64,
    /// No running vCPU needs as long between two steps that follow each other.
    pub gap: u64,
    /// A gap of this length is lost time in any case.
    pub certain: u64,
    /// [`TOLERANCE_NS`], in ticks.
    pub tolerance: u64,
    /// A critical section.
    pub hold: Bounds,
    /// From one reading of the clock to the next: untimed sections and their pauses.
    pub between: Bounds,
    /// One uncontended section in so many is timed.
    pub sampling_period: u32,
}

impl Thresholds {
    /// Derives them from the settings of the run.
    pub fn new(config: &Config, tsc: TscScale) -> Self {
        let long = tsc.of_ns(u64::from(config.long_us).saturating_mul(1000));
        let (hold, gap) = (tsc.of_ns(config.hold_ns.into()), long / GAP_PART);
        let cycle = hold.saturating_add(tsc.of_ns(config.idle_ns.into()));
        let untimed_ns = MAX_UNTIMED_NS.min(tsc.ns(gap));
        let period = untimed_ns
            .checked_div(tsc.ns(cycle))
            .unwrap_or(MAX_SAMPLING_PERIOD)
            .clamp(1, MAX_SAMPLING_PERIOD);
        Self {
            tsc,
            long,
            gap,
            certain: tsc.of_ns(CERTAIN_LOSS_NS),
            tolerance: tsc.of_ns(TOLERANCE_NS),
            hold: Bounds::new(hold, gap),
            between: Bounds::new(cycle.saturating_mul(period), gap),
            sampling_period: period as u32,
        }
    }
}
