// SPDX-License-Identifier: GPL-2.0

//! Interface of a scheduling policy of the hypervisor.
//!
//! The [host](super) keeps the queues, one for each CPU, and moves vCPUs; a policy says who is next, for how
//! long, and who preempts whom. It may keep whatever accounts it likes:
//!
//! ```text
//!            joins           choose, runs         must_go, preempts
//!   woken ──────────▶ queue ──────────────▶ CPU ────────────────────┐ stops
//!                     ▲   │ leaves                                  │
//!                     │   ▼                                         ▼
//!                     └─ another CPU's queue, a stop of the plan    halts, or joins again
//! ```

use crate::{CpuId, GuestId, Ns, VcpuId};

/// Why a vCPU joins a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Joins {
    /// Its halt ended.
    Woken,
    /// It was preempted.
    Preempted,
    /// It gave way.
    Yielding,
    /// It ran on that CPU last, or waited there. If it was woken, it joins a second time for that.
    From(CpuId),
}

/// A CPU of the host as a policy sees it.
#[derive(Clone, Copy, Debug)]
pub struct CpuView<'a> {
    /// Which.
    pub cpu: CpuId,
    /// The time.
    pub now: Ns,
    /// The vCPU that has it, and for how long so far.
    pub current: Option<(VcpuId, Ns)>,
    /// The vCPUs that wait for it, in the order in which they joined.
    pub queue: &'a [VcpuId],
}

/// A scheduling policy.
pub trait Policy {
    /// There is a vCPU `vcpu` of `guest`. Returns the only CPU that it may run on, if the policy binds it.
    fn admit(&mut self, vcpu: VcpuId, guest: GuestId) -> Option<CpuId>;

    /// `vcpu` joins the queue, which is without it still; or it gets the CPU at once, which idled.
    fn joins(&mut self, at: CpuView<'_>, vcpu: VcpuId, why: Joins);

    /// `vcpu` leaves the queue, which has it still, and will not run here.
    fn leaves(&mut self, _at: CpuView<'_>, _vcpu: VcpuId) {}

    /// Returns which vCPU of the queue, which is not empty, runs next, by its place: here, or, if the CPU has
    /// a vCPU, on another CPU that idles.
    fn choose(&mut self, at: CpuView<'_>) -> usize;

    /// `vcpu` has left the queue and runs from now on. Returns after which time the host asks whether it
    /// [must go](Policy::must_go).
    fn runs(&mut self, at: CpuView<'_>, vcpu: VcpuId) -> Ns;

    /// Returns nothing if `vcpu`, which has run for `ran`, must go, else after which time to ask again.
    fn must_go(&mut self, at: CpuView<'_>, vcpu: VcpuId, ran: Ns) -> Option<Ns>;

    /// `vcpu` loses the CPU, having run for `ran`: it halts or ends, or else it can run on.
    fn stops(&mut self, at: CpuView<'_>, vcpu: VcpuId, ran: Ns, halts: bool);

    /// Returns whether `woken`, which has just joined the queue, preempts `vcpu`, which has run for `ran`.
    fn preempts(&mut self, at: CpuView<'_>, vcpu: VcpuId, ran: Ns, woken: VcpuId) -> bool;

    /// The guest says that `vcpu`, which runs, is in a critical section from now on, or no longer. Returns
    /// whether it must go now. Most policies do not listen.
    fn in_section(&mut self, _vcpu: VcpuId, _inside: bool) -> bool {
        false
    }
}

impl CpuView<'_> {
    /// Returns all vCPUs that could run: the one that does, and those that wait.
    pub fn runnable(&self) -> impl Iterator<Item = VcpuId> + '_ {
        let current = self.current.map(|(vcpu, _)| vcpu);
        current.into_iter().chain(self.queue.iter().copied())
    }
}
