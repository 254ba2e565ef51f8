// SPDX-License-Identifier: GPL-2.0

//! Lets a vCPU finish its critical section: around any other policy, and an example of how to add one.
//!
//! The guest says when a vCPU is in a section. A slice that ends within one goes on to the end of the section
//! or for `grace`, whichever is first (Linux does it for threads: `rseq` slice extension); and one that
//! loses its CPU within a section all the same is the next but one. All else is what the other policy says.

use super::policy::{CpuView, Joins, Policy};
use crate::{CpuId, GuestId, Ns, VcpuId};

/// Another policy, but for vCPUs in critical sections.
pub struct BoostHolder {
    other: Box<dyn Policy>,
    grace: Ns,
    vcpus: Vec<Holder>,
    /// It has just lost its CPU, and another has not got it yet.
    goes: Option<VcpuId>,
}

#[derive(Clone, Default)]
struct Holder {
    is_inside: bool,
    /// It runs beyond its slice, until then at most.
    until: Option<Ns>,
}

impl BoostHolder {
    /// Does what `other` does, but lets a slice go on for `grace` at most for the end of a section.
    pub fn new(other: Box<dyn Policy>, grace: Ns) -> Self {
        Self {
            other,
            grace,
            vcpus: Vec::new(),
            goes: None,
        }
    }

    /// `vcpu` would have to go at `now`. Returns for how long it may run on; nothing if it may not.
    fn grace(&mut self, vcpu: VcpuId, now: Ns) -> Option<Ns> {
        let of = &mut self.vcpus[vcpu.index()];
        if !of.is_inside {
            return None;
        }
        let until = *of.until.get_or_insert(now + self.grace);
        until.checked_sub(now).filter(|&left| left > 0)
    }
}

impl Policy for BoostHolder {
    fn admit(&mut self, vcpu: VcpuId, guest: GuestId) -> Option<CpuId> {
        self.vcpus.push(Holder::default());
        self.other.admit(vcpu, guest)
    }

    fn joins(&mut self, at: CpuView<'_>, vcpu: VcpuId, why: Joins) {
        self.goes = matches!(why, Joins::Preempted | Joins::Yielding).then_some(vcpu);
        self.other.joins(at, vcpu, why);
    }

    fn leaves(&mut self, at: CpuView<'_>, vcpu: VcpuId) {
        self.other.leaves(at, vcpu);
    }

    fn choose(&mut self, at: CpuView<'_>) -> usize {
        let goes = self.goes.take();
        let is_holder = |&vcpu: &VcpuId| Some(vcpu) != goes && self.vcpus[vcpu.index()].is_inside;
        let holder = at.queue.iter().position(is_holder);
        holder.unwrap_or_else(|| self.other.choose(at))
    }

    fn runs(&mut self, at: CpuView<'_>, vcpu: VcpuId) -> Ns {
        self.other.runs(at, vcpu)
    }

    fn must_go(&mut self, at: CpuView<'_>, vcpu: VcpuId, ran: Ns) -> Option<Ns> {
        let again = self.other.must_go(at, vcpu, ran);
        again.or_else(|| self.grace(vcpu, at.now))
    }

    fn stops(&mut self, at: CpuView<'_>, vcpu: VcpuId, ran: Ns, halts: bool) {
        self.vcpus[vcpu.index()].until = None;
        self.other.stops(at, vcpu, ran, halts);
    }

    fn preempts(&mut self, at: CpuView<'_>, vcpu: VcpuId, ran: Ns, woken: VcpuId) -> bool {
        self.other.preempts(at, vcpu, ran, woken) && self.grace(vcpu, at.now).is_none()
    }

    fn in_section(&mut self, vcpu: VcpuId, inside: bool) -> bool {
        let of = &mut self.vcpus[vcpu.index()];
        of.is_inside = inside;
        let is_late = !inside && of.until.take().is_some();
        self.other.in_section(vcpu, inside) || is_late
    }
}
