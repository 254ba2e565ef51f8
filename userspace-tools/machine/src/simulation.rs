// SPDX-License-Identifier: GPL-2.0

//! State of a run, and its loop over events.

use crate::{
    event::{Events, What},
    host::{policy::Policy, queues::Host},
    line::{Lines, Transfers},
    plan::Plan,
    random::Random,
    truth::{Entry, Truth},
    vcpu::{State, Vcpu},
    CpuId, GuestId, Ns, VcpuId,
};

/// State of a run.
pub(crate) struct Simulation {
    pub(crate) plan: Plan,
    /// The time of the last event.
    pub(crate) now: Ns,
    /// The vCPU whose code runs.
    pub(crate) running: Option<VcpuId>,
    pub(crate) events: Events,
    pub(crate) vcpus: Vec<Vcpu>,
    pub(crate) host: Host,
    pub(crate) lines: Lines,
    pub(crate) random: Random,
    pub(crate) truth: Truth,
}

impl Simulation {
    pub(crate) fn new(plan: Plan, policy: Box<dyn Policy>) -> Self {
        let costs = &plan.costs;
        let transfers = Transfers {
            hit: costs.hit,
            sibling: costs.sibling,
            near: costs.near,
            far: costs.far,
            memory: costs.memory,
            occupancy: costs.occupancy,
        };
        let mut events = Events::default();
        for (number, stop) in plan.stops.iter().enumerate() {
            events.push(stop.at, What::Stop(number));
        }
        for (number, spared) in plan.spared.iter().enumerate() {
            events.push(spared.from, What::Spare(number));
        }
        Self {
            now: 0,
            running: None,
            events,
            vcpus: Vec::new(),
            host: Host::new(plan.topology.cpus, plan.spared.len(), policy),
            lines: Lines::new(plan.topology, plan.spared.len(), transfers),
            random: Random::new(plan.seed, 0),
            truth: Truth::new(plan.keeps_log),
            plan,
        }
    }

    /// Adds a vCPU, which begins within the plan's spread of the start.
    pub(crate) fn add(&mut self, guest: GuestId, pinned: Option<CpuId>) -> VcpuId {
        let id = VcpuId(self.vcpus.len() as u32);
        let pinned = pinned.or(self.host.policy.admit(id, guest));
        let cpu = pinned.unwrap_or(CpuId(id.0 % self.plan.topology.cpus));
        let record = self.lines.anonymous();
        self.vcpus.push(Vcpu::new(guest, pinned, cpu, record));
        let begins = self.random.below(self.plan.start_spread.max(1));
        self.events.push(begins, What::Timer(id));
        if self.plan.tick > 0 {
            let phase = self.random.below(self.plan.tick);
            self.events.push(begins + phase, What::Tick(id));
        }
        id
    }

    #[inline(always)]
    pub(crate) fn vcpu(&mut self, vcpu: VcpuId) -> &mut Vcpu {
        &mut self.vcpus[vcpu.index()]
    }

    /// Has the code of `vcpu` go on at `t`.
    #[inline]
    pub(crate) fn resume_at(&mut self, vcpu: VcpuId, t: Ns) {
        let generation = self.vcpu(vcpu).next_generation();
        self.events.push(t, What::Resume { vcpu, generation });
    }

    /// Handles events until the code of a vCPU has to go on, and returns that; `None` at the end.
    pub(crate) fn next(&mut self) -> Option<VcpuId> {
        while let Some(event) = self.events.pop() {
            if event.at > self.plan.end {
                break;
            }
            self.now = event.at;
            if let Some(vcpu) = self.handle(event.what) {
                self.running = Some(vcpu);
                return Some(vcpu);
            }
        }
        None
    }

    /// Handles one event; returns the vCPU whose code goes on.
    fn handle(&mut self, what: What) -> Option<VcpuId> {
        self.truth.counts.events += 1;
        match what {
            What::Resume { vcpu, generation } => {
                let now = self.now;
                let of = self.vcpu(vcpu);
                if of.generation != generation || of.state != State::Runs {
                    return None;
                }
                self.unpark(vcpu, now);
                return Some(vcpu);
            }
            What::Check { cpu, generation } => self.check(cpu, generation),
            What::Kick(vcpu) => self.kick_arrives(vcpu),
            What::KickSeen(vcpu) => self.kick_is_seen(vcpu),
            What::Timer(vcpu) => self.timer(vcpu),
            What::Tick(vcpu) => self.tick(vcpu),
            What::PollEnd { vcpu, generation } => self.poll_ends(vcpu, generation),
            What::Stop(number) => self.stop_begins(number),
            What::Spare(number) => self.spare_begins(number),
        }
        None
    }

    /// The code of the vCPU that runs has ended.
    pub(crate) fn ended(&mut self) {
        if let Some(vcpu) = self.running.take() {
            let now = self.vcpu(vcpu).clock.max(self.now);
            let cpu = self.take_off(vcpu, State::Done, now);
            self.dispatch(cpu, now);
        }
    }

    /// Returns when the last code of the first so many vCPUs ended, or the plan.
    pub(crate) fn ended_at(&self, own: usize) -> Ns {
        let ends = self.vcpus.iter().take(own).map(|of| match of.state {
            State::Done => of.since,
            _ => self.plan.end,
        });
        ends.max().unwrap_or(0)
    }

    /// Writes an entry into the log alone: whether there is one changes no hash.
    pub(crate) fn note(&mut self, at: Ns, entry: Entry) {
        self.truth.note(at, entry);
    }

    pub(crate) fn record(&mut self, at: Ns, entry: Entry) {
        self.truth.record(at, entry);
    }
}
