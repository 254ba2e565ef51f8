// SPDX-License-Identifier: GPL-2.0

//! Parks vCPUs that look in vain, and unparks them.

use super::{Look, Parked};
use crate::{line::LineId, simulation::Simulation, Ns, VcpuId};

impl Simulation {
    /// Parks `me`, whose look was in vain; it pauses for `pause` between two.
    pub(crate) fn park(&mut self, me: VcpuId, look: Look, pause: Ns, most: u32) {
        let (cpu, hit) = (self.vcpu(me).cpu, self.plan.costs.hit);
        let period = hit * Ns::from(look.loads) + pause;
        let has_all = look.lines().all(|line| self.lines.has(line, cpu));
        if !self.plan.elides || !has_all || period == 0 {
            return;
        }
        look.lines().for_each(|line| self.lines.watch(line, me));
        let of = self.vcpu(me);
        let first = of.clock;
        of.parked = Some(Parked {
            look,
            first,
            period,
            most,
            done: None,
        });
        let mut until = first + period * Ns::from(most);
        if self.plan.pause_loop.is_some() {
            let spin = self.vcpu(me).spin;
            let exits = spin.began + spin.window;
            until = until.min(first + exits.saturating_sub(first) / period * period);
        }
        self.resume_at(me, until);
    }

    /// A word on a line was written at `now`: those who look at it see that at their next look.
    #[inline]
    pub(crate) fn written(&mut self, line: LineId, now: Ns) {
        if self.lines.is_watched(line) {
            self.wake_watchers(line, now);
        }
    }

    #[inline(never)]
    fn wake_watchers(&mut self, line: LineId, now: Ns) {
        let watchers = self.lines.take_watchers(line);
        for &vcpu in &watchers {
            let Some(parked) = self.vcpu(vcpu).parked else {
                continue;
            };
            let looks = now.saturating_sub(parked.first).div_ceil(parked.period);
            let until = parked.first + looks * parked.period;
            let others = parked.look.lines().filter(|&other| other != line);
            others.for_each(|other| self.lines.unwatch(other, vcpu));
            self.resume_at(vcpu, until);
        }
        self.lines.recycle(line, watchers);
    }

    /// `vcpu`, if it is parked, goes on at `now`, or loses its CPU then.
    #[inline]
    pub(crate) fn unpark(&mut self, vcpu: VcpuId, now: Ns) {
        if self
            .vcpu(vcpu)
            .parked
            .is_some_and(|parked| parked.is_under_way())
        {
            self.unpark_slowly(vcpu, now);
        }
    }

    fn unpark_slowly(&mut self, vcpu: VcpuId, now: Ns) {
        let of = &mut self.vcpus[vcpu.index()];
        let Some(parked) = &mut of.parked else {
            return;
        };
        let looks = now.saturating_sub(parked.first) / parked.period;
        let looks = looks.min(parked.most.into());
        let last = parked.first + looks * parked.period;
        parked.done = Some((looks as u32, last));
        of.clock = now.max(last);
        of.spin.last = last;
        self.truth.counts.elided_looks += looks;
        for line in parked.look.lines() {
            self.lines.unwatch(line, vcpu);
        }
    }
}
