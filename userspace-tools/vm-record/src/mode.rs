// SPDX-License-Identifier: GPL-2.0

//! Paravirt modes, and whose vCPUs the host stops.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

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
