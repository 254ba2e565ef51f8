// SPDX-License-Identifier: GPL-2.0

//! Accounts of virtual time: who has run how much, who is eligible, and whose deadline is first.

use crate::{host::policy::CpuView, CpuId, Ns, VcpuId};

/// Weight of nice 0.
const WEIGHT: i64 = 1024;

/// A vCPU. Except for the slice, times are virtual: real ones by 1024 / weight.
#[derive(Clone, Default)]
pub(super) struct Entity {
    pub(super) weight: i64,
    pub(super) slice: i64,
    /// Run time before the present stint.
    pub(super) ran: i64,
    pub(super) deadline: i64,
    pub(super) protected_until: i64,
    /// How far it was behind the average when it left; the deadline may be relative since.
    pub(super) lag: i64,
    pub(super) is_relative: bool,
}

/// A CPU.
#[derive(Clone, Default)]
struct Queue {
    /// The average run time of those that compete, when it was last computed.
    average: i64,
    /// They sleep, and owe.
    delayed: Vec<VcpuId>,
}

/// The accounts of all.
pub(super) struct Accounts {
    default: Entity,
    entities: Vec<Entity>,
    cpus: Vec<Queue>,
}

impl Entity {
    pub(super) fn virtually(&self, ns: i64) -> i64 {
        ns * WEIGHT / self.weight
    }

    /// Asks for the next slice once it has had one; returns whether it did.
    pub(super) fn renew(&mut self, ran: i64) -> bool {
        let has_had = ran >= self.deadline;
        if has_had {
            self.deadline = ran + self.virtually(self.slice);
        }
        has_had
    }
}

impl Accounts {
    pub(super) fn new(cpus: u32, slice: Ns) -> Self {
        let default = Entity {
            weight: WEIGHT,
            slice: slice as i64,
            ..Entity::default()
        };
        Self {
            default,
            entities: Vec::new(),
            cpus: vec![Queue::default(); cpus as usize],
        }
    }

    pub(super) fn of(&mut self, vcpu: VcpuId) -> &mut Entity {
        let count = self.entities.len().max(vcpu.index() + 1);
        self.entities.resize(count, self.default.clone());
        &mut self.entities[vcpu.index()]
    }

    pub(super) fn competitors<'a>(&'a self, at: CpuView<'a>) -> impl Iterator<Item = VcpuId> + 'a {
        let delayed = self.cpus[at.cpu.index()].delayed.iter().copied();
        let current = at.current.map(|(vcpu, _)| vcpu);
        at.queue.iter().copied().chain(delayed).chain(current)
    }

    /// Run time of `vcpu`, the present stint included.
    pub(super) fn ran(&self, at: CpuView<'_>, vcpu: VcpuId) -> i64 {
        let of = &self.entities[vcpu.index()];
        let stint = at.current.filter(|&(current, _)| current == vcpu);
        of.ran + of.virtually(stint.map_or(0, |(_, ran)| ran as i64))
    }

    /// The shortest slice of the competitors.
    pub(super) fn shortest(&self, at: CpuView<'_>) -> i64 {
        let slices = self
            .competitors(at)
            .map(|vcpu| self.entities[vcpu.index()].slice);
        slices.min().unwrap_or(i64::MAX)
    }

    /// The average of the competitors' run times by weight, and the sum of weights.
    fn average(&mut self, at: CpuView<'_>) -> (i64, i64) {
        let base = self.cpus[at.cpu.index()].average;
        let (mut sum, mut weights) = (0, 0);
        for vcpu in self.competitors(at) {
            let weight = self.entities[vcpu.index()].weight;
            sum += weight * (self.ran(at, vcpu) - base);
            weights += weight;
        }
        let average = base + sum.div_euclid(weights.max(1));
        self.cpus[at.cpu.index()].average = average;
        (average, weights)
    }

    /// Returns who runs next: of the eligible the one with the earliest deadline, but the one that runs if
    /// that is protected. Who sleeps owes no more once it is picked, and competes no more.
    pub(super) fn pick(&mut self, at: CpuView<'_>, protects: bool) -> Option<VcpuId> {
        loop {
            let (average, _) = self.average(at);
            let is_eligible = |&vcpu: &VcpuId| self.ran(at, vcpu) <= average;
            let of = |vcpu: VcpuId| &self.entities[vcpu.index()];
            let is_protected = |&vcpu: &VcpuId| self.ran(at, vcpu) < of(vcpu).protected_until;
            let current = at.current.map(|(vcpu, _)| vcpu).filter(|_| protects);
            if let Some(current) = current.filter(is_eligible).filter(is_protected) {
                return Some(current);
            }
            let eligible = self.competitors(at).filter(is_eligible);
            let best = eligible.min_by_key(|&vcpu| of(vcpu).deadline)?;
            if !self.forget(at.cpu, best) {
                return Some(best);
            }
            self.of(best).lag = 0;
        }
    }

    /// Takes `vcpu` off those that sleep and owe; returns whether it was one.
    fn forget(&mut self, cpu: CpuId, vcpu: VcpuId) -> bool {
        let delayed = &mut self.cpus[cpu.index()].delayed;
        let place = delayed.iter().position(|&other| other == vcpu);
        place.map(|place| delayed.remove(place)).is_some()
    }

    /// How far `vcpu` is behind the average: what it is owed.
    pub(super) fn lag(&mut self, at: CpuView<'_>, vcpu: VcpuId, tick: Ns) -> i64 {
        let lag = self.average(at).0 - self.ran(at, vcpu);
        let of = self.of(vcpu);
        let most = of.virtually((2 * of.slice).max(tick as i64));
        lag.clamp(-most, most)
    }

    /// Places `vcpu` among the competitors so that it lags by what it did when it left.
    pub(super) fn place(&mut self, at: CpuView<'_>, vcpu: VcpuId) {
        let (average, weights) = self.average(at);
        let of = self.of(vcpu);
        // It moves the average itself.
        let moves = (of.lag * of.weight).checked_div(weights);
        of.ran = average - moves.map_or(0, |moves| of.lag + moves);
        let request = of.virtually(of.slice);
        let relative = std::mem::take(&mut of.is_relative).then_some(of.deadline);
        of.deadline = of.ran + relative.unwrap_or(request);
    }

    /// `vcpu`, which owes, falls asleep on `cpu`, and competes until it has run off what it owes.
    pub(super) fn delay(&mut self, cpu: CpuId, vcpu: VcpuId) {
        self.cpus[cpu.index()].delayed.push(vcpu);
    }

    /// `vcpu` wakes, having run on `cpu`; if it still owes, it is placed by what is left of that.
    pub(super) fn end_delay(&mut self, at: CpuView<'_>, cpu: CpuId, vcpu: VcpuId) {
        self.average(at);
        if self.forget(cpu, vcpu) {
            let average = self.cpus[cpu.index()].average;
            let of = self.of(vcpu);
            of.lag = (average - of.ran).clamp(of.lag.min(0), 0);
        }
    }
}
