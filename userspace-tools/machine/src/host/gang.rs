// SPDX-License-Identifier: GPL-2.0

//! Co-scheduling (Ousterhout, 1982): all vCPUs of a guest run at the same time, on all CPUs; guests take
//! turns. No hypervisor has it on all CPUs: an upper bound of what a policy can do for a guest's locks.
//!
//! ```text
//!   slot         guest 0       guest 1            guest 0
//!   CPU 0    │ vCPU 0      │ vCPU 0 │ vCPU 2 │ vCPU 0      │     guest 1 has four vCPUs, and takes turns
//!   CPU 1    │ vCPU 1      │ vCPU 1 │ vCPU 3 │ vCPU 1      │     within its slot
//! ```
//!
//! A vCPU stays on its CPU. One that has no turn runs where those that have one halt, until they wake.

use super::policy::{CpuView, Joins, Policy};
use crate::{CpuId, GuestId, Ns, VcpuId};

/// Co-scheduling of guests.
pub struct Gang {
    cpus: u32,
    slot: Ns,
    /// vCPUs of each guest.
    guests: Vec<u32>,
    /// The guest and the row of each vCPU: those of a row run at the same time.
    members: Vec<(GuestId, u64)>,
}

impl Gang {
    /// Each guest has all of so many CPUs for `slot`.
    pub fn new(cpus: u32, slot: Ns) -> Self {
        Self {
            cpus,
            slot: slot.max(1),
            guests: Vec::new(),
            members: Vec::new(),
        }
    }

    /// Returns whose turn it is, guest and row, and when that ends.
    fn turn(&self, now: Ns) -> (GuestId, u64, Ns) {
        let (number, within) = (now / self.slot, now % self.slot);
        let guest = number as usize % self.guests.len().max(1);
        let rows = self
            .guests
            .get(guest)
            .map_or(1, |count| count.div_ceil(self.cpus));
        let rows = u64::from(rows.max(1));
        let row = within * rows / self.slot;
        let ends = ((row + 1) * self.slot).div_ceil(rows);
        (GuestId(guest as u32), row, number * self.slot + ends)
    }

    /// Lower goes first: those whose turn it is, others of their guest, others.
    fn rank(&self, vcpu: VcpuId, now: Ns) -> u32 {
        let ((guest, row), (of, on, _)) = (self.members[vcpu.index()], self.turn(now));
        match (guest == of, row == on) {
            (true, true) => 0,
            (true, false) => 1,
            (false, _) => 2,
        }
    }
}

impl Policy for Gang {
    fn admit(&mut self, _: VcpuId, guest: GuestId) -> Option<CpuId> {
        let count = self.guests.len().max(guest.index() + 1);
        self.guests.resize(count, 0);
        let number = self.guests[guest.index()];
        self.guests[guest.index()] += 1;
        self.members.push((guest, u64::from(number / self.cpus)));
        Some(CpuId(number % self.cpus))
    }

    fn joins(&mut self, _: CpuView<'_>, _: VcpuId, _: Joins) {}

    fn choose(&mut self, at: CpuView<'_>) -> usize {
        let places = 0..at.queue.len();
        let first = places.min_by_key(|&place| self.rank(at.queue[place], at.now));
        first.unwrap_or(0)
    }

    fn runs(&mut self, at: CpuView<'_>, _: VcpuId) -> Ns {
        self.turn(at.now).2 - at.now
    }

    fn must_go(&mut self, at: CpuView<'_>, vcpu: VcpuId, _: Ns) -> Option<Ns> {
        let mine = self.rank(vcpu, at.now);
        let goes = at
            .queue
            .iter()
            .any(|&other| self.rank(other, at.now) < mine);
        (!goes).then(|| self.turn(at.now).2 - at.now)
    }

    fn stops(&mut self, _: CpuView<'_>, _: VcpuId, _: Ns, _: bool) {}

    fn preempts(&mut self, at: CpuView<'_>, vcpu: VcpuId, _: Ns, woken: VcpuId) -> bool {
        self.rank(woken, at.now) < self.rank(vcpu, at.now)
    }
}
