// SPDX-License-Identifier: GPL-2.0

//! Least virtual run time first, as Linux's CFS did up to 6.5: who has run least runs next, and a woken
//! vCPU that is owed enough preempts.

use super::policy::{CpuView, Joins, Policy};
use crate::{random::Random, CpuId, GuestId, Ns, VcpuId};

/// Least virtual run time first.
pub struct Fair {
    slice: Ns,
    /// A woken vCPU preempts one that is ahead of it by more (`wakeup_granularity`).
    granularity: Ns,
    random: Random,
    /// Virtual run time of each vCPU, and the least of each CPU, which never falls.
    ran: Vec<Ns>,
    least: Vec<Ns>,
}

impl Fair {
    /// Each vCPU runs for `slice` if others wait.
    pub fn new(cpus: u32, slice: Ns, granularity: Ns, seed: u64) -> Self {
        Self {
            slice,
            granularity,
            random: Random::new(seed, 1),
            ran: Vec::new(),
            // Credit is subtracted from it.
            least: vec![slice; cpus as usize],
        }
    }

    fn of(&mut self, vcpu: VcpuId) -> &mut Ns {
        &mut self.ran[vcpu.index()]
    }
}

impl Policy for Fair {
    fn admit(&mut self, _: VcpuId, _: GuestId) -> Option<CpuId> {
        self.ran.push(0);
        None
    }

    fn joins(&mut self, at: CpuView<'_>, vcpu: VcpuId, why: Joins) {
        let least = self.least[at.cpu.index()];
        match why {
            Joins::From(other) => {
                let shift = self.least[other.index()];
                let of = self.of(vcpu);
                *of = (*of + least).saturating_sub(shift);
            }
            // A sleeper is owed half a slice at most (`GENTLE_FAIR_SLEEPERS`).
            Joins::Woken => {
                let floor = least.saturating_sub(self.slice / 2);
                let of = self.of(vcpu);
                *of = (*of).max(floor);
            }
            Joins::Preempted => {}
            // To the right of all (`yield_task_fair`).
            Joins::Yielding => {
                let floor = least + self.slice;
                let of = self.of(vcpu);
                *of = (*of).max(floor);
            }
        }
    }

    fn choose(&mut self, at: CpuView<'_>) -> usize {
        let places = 0..at.queue.len();
        let first = places.min_by_key(|&place| self.ran[at.queue[place].index()]);
        first.unwrap_or(0)
    }

    fn runs(&mut self, at: CpuView<'_>, vcpu: VcpuId) -> Ns {
        let ran = *self.of(vcpu);
        let least = &mut self.least[at.cpu.index()];
        *least = (*least).max(ran);
        self.random.about(self.slice)
    }

    fn must_go(&mut self, at: CpuView<'_>, vcpu: VcpuId, ran: Ns) -> Option<Ns> {
        let mine = *self.of(vcpu) + ran;
        let is_behind = |other: &VcpuId| self.ran[other.index()] < mine;
        let goes = at.queue.iter().any(is_behind);
        (!goes).then(|| self.random.about(self.slice))
    }

    fn stops(&mut self, _: CpuView<'_>, vcpu: VcpuId, ran: Ns, _: bool) {
        *self.of(vcpu) += ran;
    }

    fn preempts(&mut self, _: CpuView<'_>, vcpu: VcpuId, ran: Ns, woken: VcpuId) -> bool {
        let (mine, theirs) = (*self.of(vcpu) + ran, *self.of(woken));
        mine > theirs + self.granularity
    }
}
