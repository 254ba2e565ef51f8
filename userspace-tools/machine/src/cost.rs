// SPDX-License-Identifier: GPL-2.0

//! What each step costs: distributions, given as quantiles.
//!
//! An exit, a kick or a wake-up has a heavy tail, and it matters: with equal costs, waiters that halt fall
//! into lockstep. A cost is a number, or the quantiles that were measured; between two of them it is
//! interpolated. All arithmetic is of integers, so a draw is the same on every host.

use serde::{Deserialize, Serialize};

use crate::Ns;

/// A length of time, exact or by its quantiles.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Cost {
    /// Always the same.
    Exact(Ns),
    /// Quantiles, ascending.
    Quantiles(Quantiles),
}

/// Quantiles of a cost, in nanoseconds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quantiles {
    /// The least.
    pub min: Ns,
    /// The median.
    pub p50: Ns,
    /// Exceeded by one in ten.
    pub p90: Ns,
    /// Exceeded by one in a hundred.
    pub p99: Ns,
    /// Exceeded by one in a thousand.
    pub p999: Ns,
    /// The most.
    pub max: Ns,
}

impl Cost {
    /// Ranks that a draw has.
    pub(crate) const RANKS: u64 = 1_000_000;

    pub(crate) fn exact(&self) -> Option<Ns> {
        match self {
            &Self::Exact(ns) => Some(ns),
            Self::Quantiles(_) => None,
        }
    }

    /// Returns the cost of a rank below [`RANKS`](Self::RANKS).
    pub(crate) fn at(&self, rank: u64) -> Ns {
        let of = match self {
            &Self::Exact(ns) => return ns,
            Self::Quantiles(of) => of,
        };
        let (from, to, low, high) = match rank {
            0..500_000 => (0, 500_000, of.min, of.p50),
            500_000..900_000 => (500_000, 900_000, of.p50, of.p90),
            900_000..990_000 => (900_000, 990_000, of.p90, of.p99),
            990_000..999_000 => (990_000, 999_000, of.p99, of.p999),
            _ => (999_000, Self::RANKS, of.p999, of.max),
        };
        low + (high.saturating_sub(low)) * (rank - from) / (to - from)
    }

    /// Returns the cost that so many of a thousand draws do not exceed.
    pub fn quantile(&self, permille: u64) -> Ns {
        self.at((Self::RANKS / 1000 * permille).min(Self::RANKS))
    }

    /// Returns the median.
    pub fn median(&self) -> Ns {
        self.quantile(500)
    }

    /// Returns why it is no cost.
    fn error(&self) -> Option<String> {
        let Self::Quantiles(q) = self else {
            return None;
        };
        let all = [q.min, q.p50, q.p90, q.p99, q.p999, q.max];
        (!all.is_sorted()).then(|| format!("quantiles {all:?} do not ascend"))
    }
}

impl From<Ns> for Cost {
    fn from(ns: Ns) -> Self {
        Self::Exact(ns)
    }
}

macro_rules! costs {
    ($($(#[doc = $doc:literal])* $name:ident: $type:ty = $default:expr;)*) => {
        /// The costs of a machine, in nanoseconds.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct Costs {
            $($(#[doc = $doc])* pub $name: $type,)*
        }

        impl Default for Costs {
            /// Plausible for a server with KVM, and measured on none.
            fn default() -> Self {
                Self { $($name: $default.into(),)* }
            }
        }

        impl Costs {
            /// Returns why they are no costs.
            pub fn error(&self) -> Option<String> {
                let all = [$((stringify!($name), Cost::from(self.$name.clone()).error()),)*];
                let mut all = all.into_iter();
                all.find_map(|(name, error)| Some(format!("{name}: {}", error?)))
            }
        }
    };
}
costs! {
    /// An access to a cache line that the CPU has.
    hit: Ns = 1u64;
    /// A read-modify-write of a line that the CPU has, beyond the hit.
    rmw: Ns = 6u64;
    /// A full fence, once the store buffer is empty.
    fence: Ns = 8u64;
    /// A line from the other thread of a core.
    sibling: Ns = 20u64;
    /// A line from another core of the socket.
    near: Ns = 50u64;
    /// A line from another socket.
    far: Ns = 120u64;
    /// A line that no cache has.
    memory: Ns = 80u64;
    /// How long a line serves one reader before the next.
    occupancy: Ns = 12u64;
    /// `cpu_relax`.
    pause: Ns = 45u64;
    /// Reading the time stamp counter.
    stamp: Ns = 8u64;
    /// An exit to the hypervisor, and the entry after it.
    exit: Cost = 1_500u64;
    /// Halting: until the hypervisor has taken the vCPU off its CPU.
    halt: Cost = 1_200u64;
    /// A kick, for the vCPU that sends it.
    kick: Cost = 1_500u64;
    /// From a kick until the hypervisor knows of it.
    kick_latency: Cost = 1_000u64;
    /// From then to the first instruction, on a CPU that idles.
    wake: Cost = 3_000u64;
    /// One vCPU after another on a CPU.
    switch: Cost = 1_500u64;
    /// An interrupt of a vCPU that runs: a timer's, or a kick that comes when it need not.
    interrupt: Cost = 1_000u64;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tailed() -> Cost {
        Cost::Quantiles(Quantiles {
            min: 100,
            p50: 200,
            p90: 300,
            p99: 1_000,
            p999: 5_000,
            max: 50_000,
        })
    }

    #[test]
    fn quantiles_are_met_and_interpolated() {
        let cost = tailed();
        for (rank, ns) in [(0, 100), (250_000, 150), (500_000, 200), (900_000, 300)] {
            assert_eq!(cost.at(rank), ns);
        }
        for (rank, ns) in [(990_000, 1_000), (999_000, 5_000), (999_999, 49_955)] {
            assert_eq!(cost.at(rank), ns);
        }
        assert_eq!((cost.quantile(0), cost.quantile(990)), (100, 1_000));
        assert_eq!(cost.quantile(1000), 50_000);
        assert_eq!((cost.median(), Cost::from(7).median()), (200, 7));
    }

    #[test]
    fn quantiles_must_ascend() {
        let mut costs = Costs::default();
        assert_eq!(costs.error(), None);
        let Cost::Quantiles(mut wrong) = tailed() else {
            unreachable!()
        };
        wrong.p90 = 10;
        costs.kick = Cost::Quantiles(wrong);
        assert!(costs.error().unwrap().starts_with("kick: quantiles"));
    }
}
