// SPDX-License-Identifier: GPL-2.0

//! Stops of vCPUs on purpose: for a time of the plan's choosing, the vCPU gets no CPU.

use crate::{event::What, simulation::Simulation, truth::Entry, vcpu::State, Ns, VcpuId};

impl Simulation {
    /// The stop of that number in the plan begins.
    pub(crate) fn stop_begins(&mut self, number: usize) {
        let (stop, now) = (self.plan.stops[number], self.now);
        let of = self.vcpu(stop.vcpu);
        of.stopped_until = of.stopped_until.max(now + stop.ns);
        match of.state {
            State::Runs => {
                let preemption = self.truth.counts.preemptions;
                self.truth.counts.preemptions += 1;
                self.record(now, Entry::Preempted(stop.vcpu, preemption));
                self.suspend_work(stop.vcpu, now);
                let cpu = self.take_off(stop.vcpu, State::Ready, now);
                self.remains_stopped(stop.vcpu, now);
                self.dispatch(cpu, now);
            }
            State::Ready if !of.is_stopped => {
                let cpu = of.cpu;
                if self.host.remove(cpu, stop.vcpu, now) {
                    self.remains_stopped(stop.vcpu, now);
                }
            }
            // What ends its halt finds the stop.
            State::Ready | State::Polls | State::Halted | State::Done => {}
        }
    }

    /// Returns whether `vcpu`, which is ready and on no queue, is stopped; a timer ends that.
    pub(super) fn remains_stopped(&mut self, vcpu: VcpuId, now: Ns) -> bool {
        let of = self.vcpu(vcpu);
        of.is_stopped = of.stopped_until > now;
        let (until, is_stopped) = (of.stopped_until, of.is_stopped);
        if is_stopped {
            self.events.push(until, What::Timer(vcpu));
        }
        is_stopped
    }
}
