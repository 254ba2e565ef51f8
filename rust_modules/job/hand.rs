// SPDX-License-Identifier: GPL-2.0

//! A worker's own sense of time: how long an index takes, and when its vCPU was away.

use rig::steal_ns;

/// How long a call of the job's function shall take, if `min_chunk` allows it.
const STRIDE_NS: u64 = 1_000_000;
/// A call that takes so much longer than it should has lost its CPU meanwhile.
const GAP_NS: u64 = 1_000_000;
/// How long after that a worker counts as disturbed.
const DISTURBED_NS: u64 = 50_000_000;

/// What a worker knows of its pace.
pub(crate) struct Hand {
    /// Indices for one call.
    pub(crate) stride: u64,
    least: u64,
    /// What 1024 indices take, in nanoseconds; 0 before the first call.
    delay_loop: u64,
    /// Calls in a row that were too long: then it is the work that has changed.
    long: u32,
    lost_ns: u64,
    lost_at_ns: u64,
    vcpu: u32,
    stolen_ns: u64,
}

impl Hand {
    pub(crate) fn new(least: u64, vcpu: u32) -> Self {
        Self {
            stride: least.max(1),
            least: least.max(1),
            delay_loop: 0,
            long: 0,
            lost_ns: 0,
            lost_at_ns: 0,
            vcpu,
            stolen_ns: steal_ns(vcpu),
        }
    }

    /// Learns that `indices` took from `from_ns` to `to_ns`.
    pub(crate) fn learn(&mut self, indices: u64, from_ns: u64, to_ns: u64) {
        let took = to_ns.saturating_sub(from_ns);
        let expected = self.delay_loop.saturating_mul(indices) / 1024;
        let gap = took.saturating_sub(expected);
        if self.delay_loop > 0 && gap > GAP_NS && gap > expected && self.long < 3 {
            self.long = self.long.saturating_add(1);
            self.lost_ns = self.lost_ns.saturating_add(gap);
            self.lost_at_ns = to_ns;
            return;
        }
        self.long = 0;
        let now = took.saturating_mul(1024).checked_div(indices).unwrap_or(0);
        self.delay_loop = match self.delay_loop {
            0 => now,
            delay_loop => delay_loop.saturating_mul(3).saturating_add(now) / 4,
        }
        .max(1);
        let fits = (STRIDE_NS * 1024).checked_div(self.delay_loop).unwrap_or(1);
        let grown = self.stride.saturating_mul(4);
        self.stride = fits.min(grown).max(self.least);
    }

    /// Returns whether the vCPU lost time lately.
    pub(crate) fn disturbed(&self, now_ns: u64) -> bool {
        self.lost_at_ns > 0 && now_ns.saturating_sub(self.lost_at_ns) < DISTURBED_NS
    }

    /// Returns what the vCPU lost: as the hypervisor says; if it says nothing, by gaps in time.
    pub(crate) fn lost_ns(&self) -> u64 {
        match steal_ns(self.vcpu).saturating_sub(self.stolen_ns) {
            0 => self.lost_ns,
            stolen => stolen,
        }
    }
}
