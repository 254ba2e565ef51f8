// SPDX-License-Identifier: GPL-2.0

//! Balance: whose queue an idle CPU takes from.

use super::policy::{CpuView, Joins};
use crate::{simulation::Simulation, CpuId, Ns, VcpuId};

impl Simulation {
    /// Takes a vCPU from the longest queue for `cpu`, which has nothing to run.
    pub(super) fn pull(&mut self, cpu: CpuId, now: Ns) -> Option<VcpuId> {
        if !self.plan.balances || self.host.waiting == 0 {
            return None;
        }
        let cpus = self.host.cpus.iter().enumerate();
        let (_, from) = cpus
            .map(|(at, other)| (other.queue.len(), at))
            .max_by_key(|&(len, at)| (len, usize::MAX - at))?;
        let from = CpuId(from as u32);
        let mut queue = self.host.cpu(from).queue.clone();
        queue.retain(|&vcpu| self.vcpu(vcpu).pinned.is_none());
        if queue.is_empty() {
            return None;
        }
        let at = CpuView {
            cpu: from,
            now,
            current: self.host.view(from, now).current,
            queue: &queue,
        };
        let chosen = queue[self.host.policy.choose(at)];
        self.host.remove(from, chosen, now);
        self.host.announce(cpu, chosen, Joins::From(from), now);
        Some(chosen)
    }
}
