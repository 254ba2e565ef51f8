// SPDX-License-Identifier: GPL-2.0

//! Halts, and what ends them: kicks, timers and ticks.

use crate::{event::What, simulation::Simulation, truth::Entry, vcpu::State, Ns, VcpuId};

/// The first polling of one that adapts: `halt_poll_ns_grow_start` of `kvm`.
const FIRST_POLL: Ns = 10_000;

impl Simulation {
    /// `me` kicks `to`.
    pub(crate) fn kick(&mut self, me: VcpuId, to: VcpuId) {
        self.truth.counts.kicks += 1;
        let sends = self.random.draw(&self.plan.costs.kick);
        let latency = self.random.draw(&self.plan.costs.kick_latency);
        let vcpu = self.vcpu(me);
        let seen = vcpu.clock + sends / 2;
        vcpu.clock += sends;
        let sent = vcpu.clock;
        if to.index() < self.vcpus.len() {
            self.events.push(seen, What::KickSeen(to));
        }
        self.record(sent, Entry::Kicks(me, to));
        // One that yields has arrived when the kicker goes on.
        if to.index() < self.vcpus.len() && !self.plan.kick_yields {
            self.events.push(sent + latency, What::Kick(to));
        }
    }

    /// `me` has kicked `to`, which takes the CPU of `me` if it waits for one.
    pub(crate) fn yield_after_kick(&mut self, me: VcpuId, to: VcpuId) {
        if to.index() >= self.vcpus.len() {
            return;
        }
        // Nothing is left to happen before that.
        self.now = self.now.max(self.vcpu(me).clock);
        self.kick_arrives(to);
        // The wake-up may have taken its CPU already.
        if to != me && self.vcpu(me).state == State::Runs {
            self.yield_to(me, to);
        }
    }

    /// Halfway through a kick, whose exit lasts as long as its entry, the hypervisor has written what it looks at when
    /// `vcpu` comes to halt, or polls for it.
    pub(crate) fn kick_is_seen(&mut self, vcpu: VcpuId) {
        let of = self.vcpu(vcpu);
        match of.state {
            State::Polls => {
                of.kicks_seen += 1;
                self.end_halt(vcpu);
            }
            State::Runs if of.halts_soon => {
                of.kicks_seen += 1;
                of.kicked = true;
            }
            _ => {}
        }
    }

    pub(crate) fn kick_arrives(&mut self, vcpu: VcpuId) {
        let sticky = self.plan.sticky_kicks;
        let of = self.vcpu(vcpu);
        if of.kicks_seen > 0 {
            of.kicks_seen -= 1;
            return;
        }
        match of.state {
            State::Halted | State::Polls => self.end_halt(vcpu),
            State::Runs | State::Ready => {
                of.kicked |= sticky || of.halts_soon;
                self.disturb(vcpu);
            }
            State::Done => {}
        }
    }

    /// A timer that the vCPU, or its stop, set goes off.
    pub(crate) fn timer(&mut self, vcpu: VcpuId) {
        let now = self.now;
        let of = self.vcpu(vcpu);
        match of.state {
            State::Halted | State::Polls => self.end_halt(vcpu),
            State::Ready if of.is_stopped && of.stopped_until <= now => self.make_ready(vcpu, now),
            State::Ready | State::Runs | State::Done => {}
        }
    }

    /// The guest's periodic tick.
    pub(crate) fn tick(&mut self, vcpu: VcpuId) {
        match self.vcpu(vcpu).state {
            State::Done => return,
            State::Halted | State::Polls => self.end_halt(vcpu),
            State::Runs | State::Ready => self.disturb(vcpu),
        }
        self.events
            .push(self.now + self.plan.tick, What::Tick(vcpu));
    }

    /// A vCPU that does not halt handles an interrupt, now or when it gets a CPU.
    fn disturb(&mut self, vcpu: VcpuId) {
        let takes = self.random.draw(&self.plan.costs.interrupt);
        let now = self.now;
        if self.vcpu(vcpu).state != State::Runs {
            self.vcpu(vcpu).debt += takes;
            return;
        }
        if self.vcpu(vcpu).parked.is_some() {
            self.unpark(vcpu, now);
        }
        let of = self.vcpu(vcpu);
        of.clock += takes;
        let clock = of.clock;
        self.resume_at(vcpu, clock);
    }

    /// `me`, which found nothing to stay awake for, halts; it may not, since a kick has come.
    pub(crate) fn halt(&mut self, me: VcpuId) {
        let (most, adapts) = (self.plan.halt_poll, self.plan.halt_poll_grow > 0);
        let of = self.vcpu(me);
        let poll = if adapts { of.halt_poll } else { most };
        of.halts_soon = false;
        if std::mem::take(&mut of.kicked) {
            return;
        }
        self.take_cpu_for_halt(me, poll);
    }

    /// `me` sleeps for `ns`, as a task that leaves its vCPU idle.
    pub(crate) fn sleep(&mut self, me: VcpuId, ns: Ns) {
        let now = self.vcpu(me).clock;
        self.events.push(now + ns, What::Timer(me));
        self.take_cpu_for_halt(me, 0);
    }

    fn take_cpu_for_halt(&mut self, me: VcpuId, poll: Ns) {
        self.truth.counts.halts += 1;
        let now = self.vcpu(me).clock;
        self.record(now, Entry::Halts(me));
        let cpu = self.vcpu(me).cpu;
        if poll > 0 && self.host.cpu(cpu).queue.is_empty() {
            let of = self.vcpu(me);
            (of.state, of.since) = (State::Polls, now);
            let generation = of.next_generation();
            let vcpu = me;
            self.events
                .push(now + poll, What::PollEnd { vcpu, generation });
            return;
        }
        self.take_off(me, State::Halted, now);
        self.dispatch(cpu, now);
    }

    fn end_halt(&mut self, vcpu: VcpuId) {
        let now = self.now;
        self.record(now, Entry::Wakes(vcpu));
        let (most, grow) = (self.plan.halt_poll, self.plan.halt_poll_grow);
        let of = self.vcpu(vcpu);
        let halted = now.saturating_sub(of.since);
        of.halted += halted;
        of.halt_poll = match of.halt_poll {
            _ if halted > most => 0,
            polls if halted <= polls => polls,
            polls => (polls * grow).max(FIRST_POLL).min(most),
        };
        if of.state == State::Halted {
            return self.make_ready(vcpu, now);
        }
        (of.state, of.since) = (State::Runs, now);
        // The entry alone.
        let takes = self.random.draw(&self.plan.costs.exit) / 2;
        let of = self.vcpu(vcpu);
        of.clock = now + takes;
        let clock = of.clock;
        self.resume_at(vcpu, clock);
    }

    pub(crate) fn poll_ends(&mut self, vcpu: VcpuId, generation: u32) {
        let (now, of) = (self.now, self.vcpu(vcpu));
        if of.state == State::Polls && of.generation == generation {
            self.stop_polling(vcpu, now);
        }
    }

    /// `vcpu`, which polls, leaves its CPU to others.
    pub(crate) fn stop_polling(&mut self, vcpu: VcpuId, now: Ns) {
        let since = self.vcpu(vcpu).since;
        let cpu = self.take_off(vcpu, State::Halted, now);
        // It has halted since it began to poll.
        self.vcpu(vcpu).since = since;
        self.dispatch(cpu, now);
    }
}
