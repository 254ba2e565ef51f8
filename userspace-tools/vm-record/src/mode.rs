// SPDX-License-Identifier: GPL-2.0

//! Paravirt modes, and whose vCPUs the host stops.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use crate::{Hypervisor, Tier};

/// What the kernel's own spinlock is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Paravirt queue lock: waiters halt, and are kicked.
    Pv,
    /// Queue lock that spins (`nopvspin`; under tcg a processor that hides its hypervisor).
    Native,
    /// Test and set: a hypervisor, but none that could wake a halted vCPU.
    Tas,
    /// Queue lock that spins, since the host guarantees that each vCPU has a CPU of its own.
    Dedicated,
    /// One vCPU: no contention.
    Single,
}

names!(Mode: Pv "pv", Native "native", Tas "tas", Dedicated "dedicated", Single "single");

impl Mode {
    /// Refuses a mode that this tier, with the hypervisor asked for, or this number of vCPUs, cannot have.
    pub fn check(
        self,
        tier: Tier,
        hypervisor: Option<Hypervisor>,
        vcpus: usize,
    ) -> Result<(), String> {
        let name = self.name();
        let is_xen = Hypervisor::seen(tier, hypervisor) == Some(Hypervisor::Xen);
        if is_xen && matches!(self, Self::Tas | Self::Dedicated) {
            return Err(format!(
                "cannot boot --mode {name} under Xen: its guests have paravirt or native locks (allowed: pv \
                 native single). Try: --tier nested --hypervisor kvm"
            ));
        }
        if tier == Tier::Sim && !matches!(self, Self::Pv | Self::Tas) {
            return Err(format!(
                "cannot simulate --mode {name}: its lock is not simulated (allowed: pv tas; tier sim). Try: \
                 --tier nested"
            ));
        }
        if tier.is_translated() && matches!(self, Self::Pv | Self::Dedicated) {
            return Err(format!(
                "cannot boot --mode {name} on tier {}: no KVM to halt by (allowed: native tas single). \
                 Try: --tier nested",
                tier.name()
            ));
        }
        match (self, vcpus) {
            (Self::Single, 1) => Ok(()),
            (Self::Single, n) => Err(format!(
                "cannot boot --mode single with {n} vCPUs (allowed: 1). Try: --vcpus 1"
            )),
            // The kernel checks the hint first, and without KVM so it does the hypervisor bit.
            (Self::Dedicated, _) => Ok(()),
            (_, 1) => Err(format!(
                "cannot boot --mode {name} with 1 vCPU (allowed: 2 or more). Try: --vcpus 2"
            )),
            _ => Ok(()),
        }
    }
}

/// Whose vCPU a load in the guest has preempted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum PreemptTarget {
    /// The lock holder's.
    Holder,
    /// A waiter's.
    Waiter,
    /// Any.
    Random,
}

names!(PreemptTarget: Holder "holder", Waiter "waiter", Random "random");
