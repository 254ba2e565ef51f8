// SPDX-License-Identifier: GPL-2.0

//! Durations by which a sampler judges, in ticks of the time stamp counter.

use crate::prelude::*;

/// Disagreement between the clocks of two vCPUs, and between a reading and the step that it times.
pub(crate) const TOLERANCE_NS: u64 = 1000;

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
pub(crate) struct Bounds {
    pub(crate) usual: u64,
    pub(crate) limit: u64,
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
pub(crate) struct Thresholds {
    pub(crate) tsc: TscScale,
    /// A longer wait is long.
    pub(crate) long: u64,
    /// No running vCPU needs as long between two steps that follow each other.
    pub(crate) gap: u64,
    /// [`CERTAIN_LOSS_NS`].
    pub(crate) certain: u64,
    /// [`TOLERANCE_NS`].
    pub(crate) tolerance: u64,
    /// A critical section.
    pub(crate) hold: Bounds,
    /// From one reading of the clock to the next: untimed sections and their pauses.
    pub(crate) between: Bounds,
    /// One uncontended section in so many is timed.
    pub(crate) sampling_period: u32,
}

impl Thresholds {
    pub(crate) fn new(config: &Config) -> Result<Self, Refused> {
        let tsc = TscScale::new()?;
        let long = tsc.of_ns(u64::from(config.long_us).saturating_mul(1000));
        let (hold, gap) = (tsc.of_ns(config.hold_ns.into()), long / GAP_PART);
        let cycle = hold.saturating_add(tsc.of_ns(config.idle_ns.into()));
        let untimed_ns = MAX_UNTIMED_NS.min(tsc.ns(gap));
        let period = untimed_ns
            .checked_div(tsc.ns(cycle))
            .unwrap_or(MAX_SAMPLING_PERIOD)
            .clamp(1, MAX_SAMPLING_PERIOD);
        Ok(Self {
            tsc,
            long,
            gap,
            certain: tsc.of_ns(CERTAIN_LOSS_NS),
            tolerance: tsc.of_ns(TOLERANCE_NS),
            hold: Bounds::new(hold, gap),
            between: Bounds::new(cycle.saturating_mul(period), gap),
            sampling_period: period as u32,
        })
    }
}
