// SPDX-License-Identifier: GPL-2.0

//! Rate estimator of a worker: time of an index, and time lost to preemption.

use rig::steal_ns;

/// Length of a call of the job function, if `min_chunk` allows it.
const CALL_NS: u64 = 1_000_000;
/// A call that takes this much longer than expected, and twice as long, was preempted.
const GAP_NS: u64 = 1_000_000;
/// Preempted calls in a row, after which the work itself must have become slower.
const GAPS_IN_A_ROW: u32 = 3;
/// Time after a preempted call during which a worker counts as having lost time.
const RECENT_NS: u64 = 50_000_000;

/// Rate estimator.
pub(crate) struct RateEstimator {
    /// Indices for one call.
    pub(crate) stride: u64,
    min_stride: u64,
    /// Time of 1024 indices, in nanoseconds; 0 before the first call.
    ns_per_1024: u64,
    gaps_in_a_row: u32,
    lost_ns: u64,
    lost_at_ns: u64,
    vcpu: u32,
    steal_ns: u64,
}

impl RateEstimator {
    pub(crate) fn new(min_stride: u64, vcpu: u32) -> Self {
        Self {
            stride: min_stride.max(1),
            min_stride: min_stride.max(1),
            ns_per_1024: 0,
            gaps_in_a_row: 0,
            lost_ns: 0,
            lost_at_ns: 0,
            vcpu,
            steal_ns: steal_ns(vcpu),
        }
    }

    /// Records that `indices` took from `from_ns` to `to_ns`.
    pub(crate) fn record(&mut self, indices: u64, from_ns: u64, to_ns: u64) {
        let took = to_ns.saturating_sub(from_ns);
        let expected = self.ns_per_1024.saturating_mul(indices) / 1024;
        let gap = took.saturating_sub(expected);
        let preempted = self.ns_per_1024 > 0 && gap > GAP_NS && gap > expected;
        if preempted && self.gaps_in_a_row < GAPS_IN_A_ROW {
            self.gaps_in_a_row = self.gaps_in_a_row.saturating_add(1);
            self.lost_ns = self.lost_ns.saturating_add(gap);
            self.lost_at_ns = to_ns;
            return;
        }
        self.gaps_in_a_row = 0;
        let now = took.saturating_mul(1024).checked_div(indices).unwrap_or(0);
        self.ns_per_1024 = match self.ns_per_1024 {
            0 => now,
            before => before.saturating_mul(3).saturating_add(now) / 4,
        }
        .max(1);
        let fits = (CALL_NS * 1024).checked_div(self.ns_per_1024).unwrap_or(1);
        let grown = self.stride.saturating_mul(4);
        self.stride = fits.min(grown).max(self.min_stride);
    }

    /// Returns whether the vCPU lost time recently.
    pub(crate) fn lost_time(&self, now_ns: u64) -> bool {
        self.lost_at_ns > 0 && now_ns.saturating_sub(self.lost_at_ns) < RECENT_NS
    }

    /// Returns the time that the vCPU lost: its steal time, or gaps where the hypervisor reports none.
    pub(crate) fn lost_ns(&self) -> u64 {
        match steal_ns(self.vcpu).saturating_sub(self.steal_ns) {
            0 => self.lost_ns,
            stolen => stolen,
        }
    }
}
