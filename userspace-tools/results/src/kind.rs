// SPDX-License-Identifier: GPL-2.0

//! Kind of a figure: what decides it, and with it what it says of other machines.

use serde::{Deserialize, Serialize};
use vm_record::{CostsName, Hypervisor, Tier};

/// What decides a figure. Of two sides of a comparison the larger one is that of their ratio.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A number of instructions, bytes or events.
    Count,
    /// Who goes next: fairness, overtaking.
    Order,
    /// Cost of translated instructions and emulated exits.
    Emulation,
    /// Caches of the host: directly, or through translation.
    Coherence,
    /// The time that the host's scheduler gives a vCPU before another one's turn.
    Slice,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 5] = [
        Self::Count,
        Self::Order,
        Self::Emulation,
        Self::Coherence,
        Self::Slice,
    ];

    /// Its name in files and tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::Order => "order",
            Self::Emulation => "emulation",
            Self::Coherence => "coherence",
            Self::Slice => "slice",
        }
    }

    /// The same in `tier`: the tier `count` has no time, and the tiers `kvm` and `sim` translate nothing.
    pub fn on(self, tier: Tier) -> Self {
        match (self, tier) {
            (Self::Order, _) => self,
            (_, Tier::Count) => Self::Count,
            (Self::Emulation, Tier::Kvm | Tier::Sim) => Self::Coherence,
            _ => self,
        }
    }

    /// What decides such a figure in `tier`, and what of it does not transfer to other machines.
    pub fn caveat(self, tier: Tier) -> &'static str {
        match (self, tier) {
            (Self::Count, Tier::Count) => "instructions, not cycles",
            (Self::Count, _) => "events of this run, no time",
            (Self::Order, _) => "order of service, not its speed",
            (Self::Slice, Tier::Sim) => {
                "the simulated scheduler's slice decides; it transfers only as a function of that slice, as \
                 far as its policy is that of a host"
            }
            (_, Tier::Sim) => {
                "the costs of the simulated machine decide; it transfers as far as they are those of a host"
            }
            (Self::Slice, Tier::Xen) => {
                "the slice of Xen's scheduler decides, in emulated time; it transfers only as a function of that slice"
            }
            (Self::Slice, _) => {
                "the host's scheduler slice decides; it transfers only as a function of that slice"
            }
            (Self::Emulation, Tier::Nested | Tier::Xen) => {
                "cost of translated instructions and emulated exits; no time and no ratio to another tier transfers"
            }
            (Self::Emulation, _) => {
                "cost of translated instructions; neither cycles nor the price of an atomic transfer"
            }
            (Self::Coherence, Tier::Kvm) => {
                "CPU and caches of this host; it transfers to hosts alike"
            }
            (Self::Coherence, _) => {
                "caches of this host through translation; the size of a gain does not transfer"
            }
        }
    }
}

/// Where a figure was measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// What executed the guest.
    pub tier: Tier,
    /// The costs, in the tier `sim`.
    pub costs: Option<CostsName>,
    /// The hypervisor that the guest was to see, if that was asked for.
    pub hypervisor: Option<Hypervisor>,
    /// vCPUs of the guest.
    pub vcpus: u32,
    /// CPUs that its vCPUs share: of the host, or emulated ones.
    pub cpus: u32,
    /// Whether others take those CPUs, too: CPU hogs, further guests, injected preemption.
    pub is_disturbed: bool,
}

impl Place {
    /// Whether so many threads that always run need more CPUs than there are.
    pub fn is_overcommitted(&self, threads: u32) -> bool {
        let running = threads.min(self.vcpus);
        running > self.cpus || (self.is_disturbed && running > 0)
    }

    /// Kind of a time of `threads`, of which each waits for others, or none does. A thread that waits
    /// on a CPU does so until the one that it waits for has a slice.
    pub fn time_of(&self, threads: u32, waits_on_cpu: bool) -> Kind {
        match waits_on_cpu && threads > 1 && self.is_overcommitted(threads) {
            true => Kind::Slice,
            false => Kind::Emulation,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIERS: [Tier; 6] = [
        Tier::Kvm,
        Tier::Tcg,
        Tier::Nested,
        Tier::Count,
        Tier::Xen,
        Tier::Sim,
    ];

    fn place(cpus: u32) -> Place {
        Place {
            tier: Tier::Tcg,
            costs: None,
            hypervisor: None,
            vcpus: 8,
            cpus,
            is_disturbed: false,
        }
    }

    #[test]
    fn slice_decides_where_more_threads_wait_than_cpus_run() {
        assert_eq!(place(2).time_of(8, true), Kind::Slice);
        assert_eq!(place(2).time_of(2, true), Kind::Emulation);
        assert_eq!(place(8).time_of(8, true), Kind::Emulation);
        assert_eq!(place(2).time_of(8, false), Kind::Emulation);
        let disturbed = Place {
            is_disturbed: true,
            ..place(8)
        };
        assert_eq!(disturbed.time_of(2, true), Kind::Slice);
        assert_eq!(disturbed.time_of(1, true), Kind::Emulation);
    }

    #[test]
    fn tier_decides_what_a_time_is() {
        assert_eq!(Kind::Emulation.on(Tier::Kvm), Kind::Coherence);
        assert_eq!(Kind::Slice.on(Tier::Kvm), Kind::Slice);
        assert_eq!(Kind::Emulation.on(Tier::Sim), Kind::Coherence);
        assert_eq!(Kind::Slice.on(Tier::Sim), Kind::Slice);
        for kind in Kind::ALL {
            let expected = match kind {
                Kind::Order => Kind::Order,
                _ => Kind::Count,
            };
            assert_eq!(kind.on(Tier::Count), expected);
        }
    }

    #[test]
    fn every_kind_has_a_caveat_of_one_sentence_in_every_tier() {
        for (kind, tier) in Kind::ALL.iter().flat_map(|k| TIERS.map(|t| (*k, t))) {
            let caveat = kind.caveat(tier);
            assert!(!caveat.is_empty() && !caveat.contains(". "), "{caveat}");
        }
        for tier in [Tier::Tcg, Tier::Nested, Tier::Xen, Tier::Sim] {
            for kind in [Kind::Slice, Kind::Emulation, Kind::Coherence] {
                assert!(kind.caveat(tier).contains("transfer"));
            }
        }
        assert!(Kind::Count.caveat(Tier::Count).contains("not cycles"));
    }

    #[test]
    fn names_are_those_in_json() {
        for kind in Kind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
        }
    }
}
