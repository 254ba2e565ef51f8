// SPDX-License-Identifier: GPL-2.0

//! Hypervisor that a guest sees, and the one that a nested guest is to see.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use crate::Tier;

/// The hypervisor that a guest's kernel is to see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, Serialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Hypervisor {
    /// KVM.
    Kvm,
    /// Xen: itself in the tier `xen`, KVM's emulation of it in the tier `nested`.
    Xen,
}

names!(Hypervisor: Kvm "kvm", Xen "xen");

impl Hypervisor {
    /// What a guest of `tier` sees, `asked` being that of `--hypervisor`; none that kicks under translation.
    pub fn seen(tier: Tier, asked: Option<Self>) -> Option<Self> {
        match tier {
            Tier::Kvm => Some(Self::Kvm),
            Tier::Nested => Some(asked.unwrap_or(Self::Kvm)),
            Tier::Xen => Some(Self::Xen),
            Tier::Tcg | Tier::Count | Tier::Sim => None,
        }
    }

    /// What to call it beside the tier's name, if the tier's name alone would mislead.
    pub fn beside(self, tier: Tier) -> Option<&'static str> {
        match (tier, self) {
            (Tier::Nested, Self::Xen) => Some("KVM's Xen emulation"),
            _ => None,
        }
    }
}
