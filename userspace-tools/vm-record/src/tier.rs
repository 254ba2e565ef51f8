// SPDX-License-Identifier: GPL-2.0

//! Execution tiers: what executes the guest's instructions.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

/// What executes the guest's instructions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    /// The processor, by KVM.
    Kvm,
    /// QEMU's translator: correct, slow, and no hypervisor to the guest.
    Tcg,
    /// KVM in an L1 hypervisor that QEMU translates: a real hypervisor on any host, slower still.
    Nested,
}

names!(Tier: Kvm "kvm", Tcg "tcg", Nested "nested");

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
}

impl TierChoice {
    /// The tiers that it allows, in the order in which they are tried.
    pub fn tiers(self) -> &'static [Tier] {
        match self {
            TierChoice::Auto => &[Tier::Kvm, Tier::Tcg],
            TierChoice::Kvm => &[Tier::Kvm],
            TierChoice::Tcg => &[Tier::Tcg],
            TierChoice::Nested => &[Tier::Nested],
        }
    }
}
