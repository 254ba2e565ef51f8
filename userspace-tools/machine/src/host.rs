// SPDX-License-Identifier: GPL-2.0

//! The hypervisor: moves vCPUs on and off the CPUs of the host, as a [policy](policy::Policy) decides.

mod balance;
mod boost_holder;
mod credit2;
mod eevdf;
mod fair;
mod gang;
mod idle;
mod pause_loop;
pub mod policy;
mod priorities;
pub(crate) mod queues;
mod round_robin;
mod stop;

pub use self::{
    boost_holder::BoostHolder, credit2::Credit2, eevdf::Eevdf, fair::Fair, gang::Gang,
    priorities::Priorities, round_robin::RoundRobin,
};

use self::{policy::Joins, queues::view};
use crate::{event::What, simulation::Simulation, truth::Entry, vcpu::State, CpuId, Ns, VcpuId};

impl Simulation {
    /// `vcpu`, which is on no queue, gets the CPU that has none: from `at` on.
    fn put_on(&mut self, cpu: CpuId, vcpu: VcpuId, at: Ns) {
        let is_shared = self.is_shared(cpu);
        let check_after = is_shared.then(|| {
            self.host.idle.set(cpu, false);
            let seen = view(&self.host.cpus, cpu, at);
            self.host.policy.runs(seen, vcpu)
        });
        let pause_loop = self.plan.pause_loop;
        let on = self.host.cpu(cpu);
        on.current = Some(vcpu);
        on.since = at;
        on.generation = on.generation.wrapping_add(1);
        let generation = on.generation;
        let of = self.vcpu(vcpu);
        of.stolen += at.saturating_sub(of.since);
        of.state = State::Runs;
        of.since = at;
        of.cpu = cpu;
        of.stints = of.stints.wrapping_add(1);
        of.drained = 0;
        of.spin.window = pause_loop.map_or(0, |all| all.shrunk(of.spin.window));
        of.spin.began = 0;
        of.spin.in_loop = false;
        of.clock = at + std::mem::take(&mut of.debt);
        let (clock, record) = (of.clock, of.record);
        self.lines.written_by_host(record, cpu, at);
        self.record(at, Entry::Runs(vcpu, cpu));
        self.resume_at(vcpu, clock);
        if let Some(after) = check_after {
            self.events
                .push(at + after, What::Check { cpu, generation });
        }
    }

    /// `vcpu` loses its CPU at `now` and gets into `state`; returns the CPU, which has none now.
    pub(crate) fn take_off(&mut self, vcpu: VcpuId, state: State, now: Ns) -> CpuId {
        let of = self.vcpu(vcpu);
        let (cpu, record) = (of.cpu, of.record);
        of.state = state;
        // It may lose the CPU before the switch to it is over, which has been counted as steal.
        of.since = of.since.max(now);
        of.next_generation();
        let is_shared = self.is_shared(cpu);
        let seen = view(&self.host.cpus, cpu, now);
        let ran = seen.current.map_or(0, |(_, ran)| ran);
        if is_shared {
            let halts = state != State::Ready;
            self.host.policy.stops(seen, vcpu, ran, halts);
        }
        self.vcpu(vcpu).cpu_time += ran;
        let on = self.host.cpu(cpu);
        on.current = None;
        on.generation = on.generation.wrapping_add(1);
        self.lines.written_by_host(record, cpu, now);
        // Afterwards, it is as if it had run on one that is shared.
        self.vcpu(vcpu).cpu = CpuId(cpu.0 % self.plan.topology.cpus);
        cpu
    }

    /// Gives the CPU that has no vCPU to the next, of its own queue or of another's.
    pub(crate) fn dispatch(&mut self, cpu: CpuId, now: Ns) {
        if !self.is_shared(cpu) {
            return;
        }
        let next = self.host.choose(cpu, now);
        match next.or_else(|| self.pull(cpu, now)) {
            Some(vcpu) => {
                let takes = self.random.draw(&self.plan.costs.switch);
                self.put_on(cpu, vcpu, now + takes);
            }
            None => self.host.idle.set(cpu, true),
        }
    }

    /// The vCPU on `cpu` loses it to another.
    pub(crate) fn preempt(&mut self, cpu: CpuId, now: Ns) {
        let Some(vcpu) = self.host.cpu(cpu).current else {
            return;
        };
        let number = self.truth.counts.preemptions;
        self.truth.counts.preemptions += 1;
        self.record(now, Entry::Preempted(vcpu, number));
        self.suspend_work(vcpu, now);
        self.take_off(vcpu, State::Ready, now);
        match self.spare_for(vcpu, now) {
            Some(spare) => self.put_on(spare, vcpu, now),
            None => self.host.join(cpu, vcpu, Joins::Preempted, now),
        }
        self.dispatch(cpu, now);
    }

    /// Whether the policy gives `cpu` to vCPUs; else it is one of those of [`spare_for`](Self::spare_for).
    fn is_shared(&self, cpu: CpuId) -> bool {
        cpu.0 < self.plan.topology.cpus
    }

    /// The CPU on which a vCPU goes on if the plan wants to know what would be without its preemption.
    fn spare_for(&self, vcpu: VcpuId, now: Ns) -> Option<CpuId> {
        let mut spared = self.plan.spared.iter();
        let place = spared.position(|of| of.vcpu == vcpu && (of.from..of.until).contains(&now))?;
        Some(CpuId(self.plan.topology.cpus + place as u32))
    }

    /// From now on, the vCPU of that number in the plan is spared preemptions; if it waits for a CPU, it gets
    /// its own.
    pub(crate) fn spare_begins(&mut self, number: usize) {
        let (of, now) = (self.plan.spared[number], self.now);
        let waits_on = self.vcpu(of.vcpu).cpu;
        if self.vcpu(of.vcpu).state != State::Ready || !self.host.remove(waits_on, of.vcpu, now) {
            return;
        }
        if let Some(spare) = self.spare_for(of.vcpu, now) {
            self.put_on(spare, of.vcpu, now);
        }
    }

    /// Remembers what `vcpu` has left to do when it loses its CPU.
    pub(crate) fn suspend_work(&mut self, vcpu: VcpuId, now: Ns) {
        let of = self.vcpu(vcpu);
        if of.parked.is_some_and(|parked| parked.is_under_way()) {
            return self.unpark(vcpu, now);
        }
        of.debt = of.clock.saturating_sub(now.max(of.since));
    }

    /// Asks the policy whether the vCPU on `cpu` must go.
    pub(crate) fn check(&mut self, cpu: CpuId, generation: u32) {
        let now = self.now;
        let seen = view(&self.host.cpus, cpu, now);
        let is_valid = self.host.cpus[cpu.index()].generation == generation;
        let Some((vcpu, ran)) = seen.current.filter(|_| is_valid) else {
            return;
        };
        let again = self.host.policy.must_go(seen, vcpu, ran);
        match again {
            Some(after) => {
                let what = What::Check { cpu, generation };
                self.events.push(now + after.max(1), what);
            }
            // It has no work that could be suspended.
            None if self.vcpu(vcpu).state == State::Polls => self.stop_polling(vcpu, now),
            None => self.preempt(cpu, now),
        }
    }

    /// `me`, which runs, comes to a critical section or leaves it.
    pub(crate) fn in_section(&mut self, me: VcpuId, inside: bool) {
        let must_go = self.host.policy.in_section(me, inside);
        let (cpu, now) = (self.vcpu(me).cpu, self.vcpu(me).clock);
        if must_go && !self.host.cpu(cpu).queue.is_empty() {
            self.preempt(cpu, now);
        }
    }

    /// `vcpu`, which is on no queue and has no CPU, may run.
    pub(crate) fn make_ready(&mut self, vcpu: VcpuId, now: Ns) {
        let of = self.vcpu(vcpu);
        of.state = State::Ready;
        of.since = now;
        // It begins where it was placed, round robin.
        let begins = of.stints == 0;
        let (before, pinned) = (of.cpu, of.pinned);
        if self.remains_stopped(vcpu, now) {
            return;
        }
        let near = self.host.idle.near(before).filter(|_| !begins);
        let cpu = pinned.or(near).unwrap_or(before);
        self.vcpu(vcpu).cpu = cpu;
        if self.host.cpu(cpu).current.is_none() && self.host.cpu(cpu).queue.is_empty() {
            if cpu != before {
                self.host.announce(cpu, vcpu, Joins::From(before), now);
            }
            self.host.announce(cpu, vcpu, Joins::Woken, now);
            let takes = self.random.draw(&self.plan.costs.wake);
            return self.put_on(cpu, vcpu, now + takes);
        }
        self.host.join(cpu, vcpu, Joins::Woken, now);
        let on = &self.host.cpus[cpu.index()];
        let Some(runs) = on.current else {
            return self.dispatch(cpu, now);
        };
        if self.vcpu(runs).state == State::Polls {
            return self.stop_polling(runs, now);
        }
        let seen = view(&self.host.cpus, cpu, now);
        let ran = seen.current.map_or(0, |(_, ran)| ran);
        if self.host.policy.preempts(seen, runs, ran, vcpu) {
            self.preempt(cpu, now);
        }
    }

    /// `me`, which runs, gives its CPU to `to` if that waits for one; returns whether it did.
    pub(crate) fn yield_to(&mut self, me: VcpuId, to: VcpuId) -> bool {
        let now = self.vcpu(me).clock;
        if self.vcpu(to).state != State::Ready {
            return false;
        }
        let (mine, theirs) = (self.vcpu(me).cpu, self.vcpu(to).cpu);
        let is_elsewhere = |cpu| cpu != mine;
        if !self.is_shared(mine) || self.vcpu(to).pinned.is_some_and(is_elsewhere) {
            return false;
        }
        if !self.host.remove(theirs, to, now) {
            return false;
        }
        self.truth.counts.directed_yields += 1;
        self.host.announce(mine, to, Joins::From(theirs), now);
        self.vcpu(me).debt = 0;
        self.take_off(me, State::Ready, now);
        self.host.join(mine, me, Joins::Yielding, now);
        let takes = self.random.draw(&self.plan.costs.switch);
        self.put_on(mine, to, now + takes);
        true
    }
}
