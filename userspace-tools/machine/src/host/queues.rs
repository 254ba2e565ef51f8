// SPDX-License-Identifier: GPL-2.0

//! CPUs of the host and their queues of vCPUs.

use super::{
    idle::IdleCpus,
    policy::{CpuView, Joins, Policy},
};
use crate::{CpuId, Ns, VcpuId};

/// A CPU of the host.
#[derive(Default)]
pub(crate) struct Cpu {
    pub(crate) current: Option<VcpuId>,
    /// Since when it runs that.
    pub(crate) since: Ns,
    pub(crate) queue: Vec<VcpuId>,
    pub(crate) generation: u32,
}

/// The CPUs, and who decides.
pub(crate) struct Host {
    pub(crate) cpus: Vec<Cpu>,
    pub(crate) idle: IdleCpus,
    /// vCPUs in all queues.
    pub(crate) waiting: usize,
    pub(crate) policy: Box<dyn Policy>,
    /// The vCPU that the last pause-loop exit yielded to.
    pub(crate) last_boosted: VcpuId,
}

/// What the policy sees of a CPU.
pub(super) fn view(cpus: &[Cpu], cpu: CpuId, now: Ns) -> CpuView<'_> {
    let on = &cpus[cpu.index()];
    let stint = now.saturating_sub(on.since);
    CpuView {
        cpu,
        now,
        current: on.current.map(|vcpu| (vcpu, stint)),
        queue: &on.queue,
    }
}

impl Host {
    /// `spare` CPUs come after those that vCPUs share.
    pub(crate) fn new(cpus: u32, spare: usize, policy: Box<dyn Policy>) -> Self {
        let all = cpus as usize + spare;
        Self {
            cpus: (0..all).map(|_| Cpu::default()).collect(),
            idle: IdleCpus::new(cpus),
            waiting: 0,
            policy,
            last_boosted: VcpuId(0),
        }
    }

    #[inline(always)]
    pub(crate) fn cpu(&mut self, cpu: CpuId) -> &mut Cpu {
        &mut self.cpus[cpu.index()]
    }

    pub(crate) fn view(&self, cpu: CpuId, now: Ns) -> CpuView<'_> {
        view(&self.cpus, cpu, now)
    }

    /// The policy hears that `vcpu` joins the queue of `cpu`, or gets that at once.
    pub(crate) fn announce(&mut self, cpu: CpuId, vcpu: VcpuId, why: Joins, now: Ns) {
        self.policy.joins(view(&self.cpus, cpu, now), vcpu, why);
    }

    pub(super) fn join(&mut self, cpu: CpuId, vcpu: VcpuId, why: Joins, now: Ns) {
        self.announce(cpu, vcpu, why, now);
        self.cpu(cpu).queue.push(vcpu);
        self.waiting += 1;
    }

    /// Takes the vCPU at a place off a queue, to run on that CPU.
    fn take(&mut self, cpu: CpuId, place: usize) -> VcpuId {
        self.waiting -= 1;
        self.cpu(cpu).queue.remove(place)
    }

    /// Takes a vCPU that will not run on `cpu` off its queue; returns whether it was there.
    pub(crate) fn remove(&mut self, cpu: CpuId, vcpu: VcpuId, now: Ns) -> bool {
        let mut queue = self.cpus[cpu.index()].queue.iter();
        let Some(place) = queue.position(|&other| other == vcpu) else {
            return false;
        };
        self.policy.leaves(view(&self.cpus, cpu, now), vcpu);
        self.take(cpu, place);
        true
    }

    /// Returns for how long `vcpu` has had its CPU at `now`, if it has one.
    pub(crate) fn stint(&self, vcpu: VcpuId, now: Ns) -> Ns {
        let on = self.cpus.iter().find(|on| on.current == Some(vcpu));
        on.map_or(0, |on| now.saturating_sub(on.since))
    }

    /// Takes the vCPU that runs next off the queue of `cpu`.
    pub(super) fn choose(&mut self, cpu: CpuId, now: Ns) -> Option<VcpuId> {
        let at = view(&self.cpus, cpu, now);
        if at.queue.is_empty() {
            return None;
        }
        let place = self.policy.choose(at);
        Some(self.take(cpu, place))
    }
}
