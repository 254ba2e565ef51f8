// SPDX-License-Identifier: GPL-2.0

//! Execution tiers: what executes the guest's instructions.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

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
}

names!(Tier: Kvm "kvm", Tcg "tcg", Nested "nested", Count "count");

/// What the tier `count` does not show; printed wherever its results are.
pub const COUNT_CAVEAT: &str = "tier count: 1 ns of the guest is 1 instruction; instructions, not \
    cycles; one vCPU runs at a time, and `pause` yields to the next";

/// What has no meaning in the tier `count`, where one thread runs all vCPUs and time is instructions: the
/// option of `vm` and key of an experiment, why, and what to use instead.
pub const COUNT_REFUSES: [(&str, &str, &str); 5] = [
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

impl Tier {
    /// Whether QEMU translates the guest's own instructions, so that the guest sees no KVM.
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
        }
    }
}
