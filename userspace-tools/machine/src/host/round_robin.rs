// SPDX-License-Identifier: GPL-2.0

//! Round robin: a slice each in turn; a woken vCPU goes to the end of the queue.

use super::policy::{CpuView, Joins, Policy};
use crate::{random::Random, CpuId, GuestId, Ns, VcpuId};

/// Round robin.
pub struct RoundRobin {
    slice: Ns,
    random: Random,
}

impl RoundRobin {
    /// Each vCPU runs for `slice`, a little more or less.
    pub fn new(slice: Ns, seed: u64) -> Self {
        Self {
            slice,
            random: Random::new(seed, 1),
        }
    }
}

impl Policy for RoundRobin {
    fn admit(&mut self, _: VcpuId, _: GuestId) -> Option<CpuId> {
        None
    }

    fn joins(&mut self, _: CpuView<'_>, _: VcpuId, _: Joins) {}

    fn choose(&mut self, _: CpuView<'_>) -> usize {
        0
    }

    fn runs(&mut self, _: CpuView<'_>, _: VcpuId) -> Ns {
        self.random.about(self.slice)
    }

    fn must_go(&mut self, at: CpuView<'_>, _: VcpuId, _: Ns) -> Option<Ns> {
        at.queue.is_empty().then(|| self.random.about(self.slice))
    }

    fn stops(&mut self, _: CpuView<'_>, _: VcpuId, _: Ns, _: bool) {}

    fn preempts(&mut self, _: CpuView<'_>, _: VcpuId, _: Ns, _: VcpuId) -> bool {
        false
    }
}
