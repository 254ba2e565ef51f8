// SPDX-License-Identifier: GPL-2.0

//! Execution tiers: what executes the guest's instructions.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use crate::size::{MAX_SIMULATED_VCPUS, MAX_VCPUS};

/// What executes the guest's instructions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    /// The processor, by KVM.
    Kvm,
    /// QEMU's translator: correct, slow, and no hypervisor to the guest.
    Tcg,
    /// KVM in an L1 hypervisor that QEMU translates: a real hypervisor on any host, slower still.
    Nested,
    /// QEMU's translator in one thread, its clock the number of instructions: exact costs on any host.
    Count,
    /// Xen, which QEMU translates, the guest being its first domain: the other hypervisor on any host.
    Xen,
    /// The simulator, which has no kernel: the algorithms alone, in virtual time.
    Sim,
}

names!(Tier: Kvm "kvm", Tcg "tcg", Nested "nested", Count "count", Xen "xen", Sim "sim");

/// What the tier `count` does not show; printed wherever its results are.
pub const COUNT_CAVEAT: &str = "tier count: 1 ns of the guest is 1 instruction; instructions, not \
    cycles; one vCPU runs at a time, and `pause` yields to the next";

/// An option of `vm` and key of an experiment that has no meaning in a tier, why, and what to use instead.
pub type Refused = (&'static str, &'static str, &'static str);

/// What the tier `count` refuses, where one thread runs all vCPUs and time is instructions.
const COUNT_REFUSES: [Refused; 5] = [
    (
        "ratio",
        "one thread runs all vCPUs, whatever the host's CPUs",
        "vcpus",
    ),
    (
        "hog",
        "time on the host is no time in the guest",
        "tier tcg",
    ),
    (
        "preempt",
        "a stop of the one thread stops the guest's clock, too",
        "tier tcg",
    ),
    (
        "slice-us",
        "one thread runs all vCPUs, which take turns by instructions",
        "tier tcg",
    ),
    (
        "guests",
        "each guest's clock is its own, so none runs beside another",
        "tier tcg",
    ),
];

/// What the tier `xen` refuses, where Xen and not the host's scheduler runs the vCPUs.
const XEN_REFUSES: [Refused; 5] = [
    (
        "hog",
        "a hog on the host takes time of Xen and of all vCPUs alike",
        "tier nested",
    ),
    (
        "preempt",
        "a stop of the thread that runs a vCPU stops Xen, and with it all vCPUs",
        "tier nested",
    ),
    (
        "slice-us",
        "Xen's scheduler runs the vCPUs, and not this host's",
        "tier nested",
    ),
    (
        "guests",
        "the guest is the first domain of a Xen of its own, so none runs beside another",
        "tier nested",
    ),
    (
        "numa",
        "Xen shows its first domain no NUMA nodes",
        "tier nested",
    ),
];

/// What the tier `sim` refuses, where one guest is simulated, without a kernel.
const SIM_REFUSES: [Refused; 3] = [
    (
        "preempt",
        "the scheduling policy alone preempts simulated vCPUs",
        "tier tcg",
    ),
    ("guests", "one guest alone is simulated", "tier tcg"),
    ("kernel-arg", "no kernel is simulated", "tier tcg"),
];

/// What `vm` refuses there, too.
pub const SIM_BOOTS_NOTHING: Refused = (
    "image",
    "nothing is booted, and no module is loaded",
    "tier tcg",
);

/// Options and keys that only the tier `sim` has.
pub const OF_SIM: [&str; 7] = [
    "seed",
    "costs",
    "policy",
    "pause-loop-ns",
    "pause-loop-grow",
    "halt-poll-ns",
    "kick-yields",
];

impl Tier {
    /// What has no meaning in it.
    pub fn refuses(self) -> &'static [Refused] {
        match self {
            Self::Count => &COUNT_REFUSES,
            Self::Sim => &SIM_REFUSES,
            Self::Xen => &XEN_REFUSES,
            Self::Kvm | Self::Tcg | Self::Nested => &[],
        }
    }

    /// The most vCPUs of a guest.
    pub fn max_vcpus(self) -> u32 {
        match self {
            Self::Sim => MAX_SIMULATED_VCPUS,
            Self::Kvm | Self::Tcg | Self::Nested | Self::Count | Self::Xen => MAX_VCPUS,
        }
    }

    /// Whether its vCPUs share CPUs that QEMU emulates, and not those of the host.
    pub fn emulates_cpus(self) -> bool {
        matches!(self, Self::Nested | Self::Xen)
    }

    /// Whether QEMU alone runs the guest, by translation, so that it sees no hypervisor that could wake it.
    pub fn is_translated(self) -> bool {
        matches!(self, Self::Tcg | Self::Count)
    }
}

/// The tier that a user asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum TierChoice {
    /// KVM if the guest boots on it, else TCG.
    Auto,
    /// KVM, or fail.
    Kvm,
    /// TCG.
    Tcg,
    /// KVM inside a translated machine: paravirt locks without KVM on the host.
    Nested,
    /// TCG in one thread, its clock the number of instructions: exact costs, no parallelism.
    Count,
    /// Xen in a translated machine, the guest its first domain: paravirt locks of the other hypervisor.
    Xen,
    /// The simulator in QEMU's place: any number of CPUs, lock-load alone, no kernel.
    Sim,
}

impl TierChoice {
    /// The tiers that it allows, in the order in which they are tried.
    pub fn tiers(self) -> &'static [Tier] {
        match self {
            TierChoice::Auto => &[Tier::Kvm, Tier::Tcg],
            TierChoice::Kvm => &[Tier::Kvm],
            TierChoice::Tcg => &[Tier::Tcg],
            TierChoice::Nested => &[Tier::Nested],
            TierChoice::Count => &[Tier::Count],
            TierChoice::Xen => &[Tier::Xen],
            TierChoice::Sim => &[Tier::Sim],
        }
    }

    /// Whether the vCPUs share CPUs that QEMU emulates.
    pub fn emulates_cpus(self) -> bool {
        self.tiers().iter().all(|tier| tier.emulates_cpus())
    }

    /// What has no meaning in any of them.
    pub fn refuses(self) -> &'static [Refused] {
        match self.tiers() {
            [tier] => tier.refuses(),
            _ => &[],
        }
    }

    /// The most vCPUs of a guest.
    pub fn max_vcpus(self) -> u32 {
        let most = self.tiers().iter().map(|tier| tier.max_vcpus());
        most.min().unwrap_or(MAX_VCPUS)
    }
}
