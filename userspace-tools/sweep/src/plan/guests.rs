// SPDX-License-Identifier: GPL-2.0

//! Guests of an experiment as its file has them: most keys may be lists.

use std::{fmt, ops::RangeInclusive};

use clap::ValueEnum;
use cpu_list::CpuList;
use serde::{Deserialize, Serialize};
use vm_record::{
    CostsName, Hypervisor, Mode, Numa, PreemptTarget, SchedulingPolicy, SimulatedMachine, Tier,
    TierChoice, MAX_EMULATED_CPUS, MAX_GUESTS, MAX_RATIO, SLICES_US,
};

use crate::plan::setting::{Many, Setting};

/// The values of a key that may be missing; one `None` if it is.
pub fn each<T: Clone>(many: &Option<Many<T>>) -> Vec<Option<T>> {
    match many {
        None => vec![None],
        Some(many) => many.all().iter().cloned().map(Some).collect(),
    }
}

/// Whether a key is an axis.
pub fn varies<T>(many: &Option<Many<T>>) -> bool {
    many.as_ref().is_some_and(Many::varies)
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Guests {
    /// vCPUs; by default `ratio` times the host CPUs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vcpus: Option<Many<u32>>,
    /// vCPUs to each CPU: how many of the host CPUs a guest is given, or how many vCPUs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ratio: Option<Many<u32>>,
    /// Host CPUs: `all`, or a list as `0,2-3`. Those of the tier `sim` alone need not be there.
    pub cpus: String,
    /// The fewest host CPUs with which the experiment is meaningful.
    #[serde(default = "one")]
    pub min_cpus: u32,
    /// Memory in MiB; the tier `sim` has none.
    #[serde(default)]
    pub memory: u32,
    /// Execution tier, as of `vm --tier`.
    pub tier: Many<String>,
    /// Paravirt mode, as of `vm --mode`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<Many<String>>,
    /// Hypervisor that the guests of the tier `nested` see, as of `vm --hypervisor`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hypervisor: Option<Many<String>>,
    /// CPUs that QEMU emulates (tiers `nested` and `xen`), which the ratio is then to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub emulated_cpus: Option<u32>,
    /// Number of guests that run at the same time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guests: Option<u32>,
    /// Host CPUs with a CPU hog.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hog: Option<String>,
    /// Target of injected preemptions, as of `vm --preempt`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preempt: Option<String>,
    /// Slice of the host's scheduler for each vCPU, in microseconds, as of `vm --slice-us`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slice_us: Option<Many<u32>>,
    /// NUMA nodes, a number or the text of `vm --numa`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub numa: Option<Many<Setting>>,
    /// Costs of the simulated machine (tier `sim`), as of `vm --costs`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub costs: Option<String>,
    /// Scheduling policy of its hypervisor, as of `vm --policy`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<Many<String>>,
    /// Window of pause-loop exiting there, as of `vm --pause-loop-ns`; 0 is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pause_loop_ns: Option<Many<u32>>,
    /// For how long its host polls for halted vCPUs, as of `vm --halt-poll-ns`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub halt_poll_ns: Option<u32>,
    /// Whether its kicks yield, as of `vm --kick-yields`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kick_yields: Option<Many<bool>>,
    /// Growth of that window, as of `vm --pause-loop-grow`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pause_loop_grow: Option<u32>,
    /// Further words of the guest's kernel command line.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kernel_args: Vec<String>,
    /// Boots of each guest, which share the repeats. By default one if there is one guest, and two if
    /// there are several, so that they alternate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub boots: Option<u32>,
}

fn one() -> u32 {
    1
}

/// The CPUs of a list as `0,2-3`; `all` are those that this process may use.
pub fn cpus(list: &str) -> Result<CpuList, String> {
    let wrong = |error: anyhow::Error| format!("guest.cpus: {error:#}; or `all`");
    let allowed = CpuList::allowed().map_err(wrong)?;
    if list == "all" {
        return Ok(allowed);
    }
    let cpus: CpuList = list.parse().map_err(wrong)?;
    match cpus.missing_in(&allowed) {
        None => Ok(cpus),
        Some(cpu) => Err(format!(
            "guest.cpus = `{list}`: CPU {cpu} is not usable here; allowed: {allowed}"
        )),
    }
}

impl Guests {
    /// The host CPUs for them. Simulated ones are numbers, of which this host needs none.
    pub fn host_cpus(&self) -> Result<CpuList, String> {
        match (self.cpus.as_str(), self.is_simulated()) {
            ("all", _) | (_, false) => cpus(&self.cpus),
            (list, true) => list
                .parse()
                .map_err(|error| format!("guest.cpus: {error:#}")),
        }
    }

    /// Whether all are simulated.
    pub fn is_simulated(&self) -> bool {
        self.tier.all().iter().all(|tier| tier == Tier::Sim.name())
    }

    /// The name of the costs of the simulated machine.
    pub fn costs_name(&self) -> Result<CostsName, String> {
        let default = || SimulatedMachine::default().costs;
        CostsName::of(&self.costs.clone().unwrap_or_else(default))
            .map_err(|why| format!("guest.{why}"))
    }
}

/// The most guests of an experiment; each boots at least once.
const MOST: usize = 1000;

/// Refuses an empty list, and one that names a value twice.
fn distinct<T: fmt::Display + PartialEq>(key: &str, many: Option<&Many<T>>) -> Result<(), String> {
    let Some(values) = many.map(Many::all) else {
        return Ok(());
    };
    let again = |(n, value): (usize, &T)| values[..n].contains(value);
    match values.iter().enumerate().position(again) {
        Some(n) => Err(format!("guest.{key} has `{}` twice", values[n])),
        None if values.is_empty() => Err(format!("guest.{key} has no values")),
        None => Ok(()),
    }
}

/// Refuses a number outside `range`.
fn within(key: &str, n: Option<u32>, range: RangeInclusive<u32>) -> Result<(), String> {
    match n.filter(|n| !range.contains(n)) {
        None => Ok(()),
        Some(n) => {
            let (first, last) = (range.start(), range.end());
            Err(format!("guest.{key} = {n}: allowed: {first}..={last}"))
        }
    }
}

/// Refuses a `value` of the key that is not one of `T`.
fn allowed<T: ValueEnum>(key: &str, value: &str) -> Result<(), String> {
    let names = T::value_variants().iter();
    let names = names.filter_map(|one| Some(one.to_possible_value()?.get_name().to_string()));
    let names: Vec<String> = names.collect();
    match names.iter().any(|name| name == value) {
        true => Ok(()),
        false => {
            let names = names.join(" ");
            Err(format!("guest.{key} = `{value}`: allowed: {names}"))
        }
    }
}

impl Guests {
    /// The CPUs that QEMU emulates in this tier, which the vCPUs share.
    pub fn emulated(&self, tier: &str) -> Option<u32> {
        let tier = TierChoice::from_str(tier, false).ok()?;
        tier.emulates_cpus()
            .then(|| self.emulated_cpus.unwrap_or(1))
    }

    /// Refuses what has no meaning in a tier that is among them, and another tier beside `count`.
    fn check_tiers(&self) -> Result<(), String> {
        let count = Tier::Count.name();
        if self.tier.varies() && self.tier.all().iter().any(|tier| tier == count) {
            let why = "instructions are no time, so no other tier is beside them";
            return Err(format!(
                "guest.tier: {count}: {why}; allowed: {count} alone"
            ));
        }
        let given = |key| match key {
            "ratio" => self.ratio.is_some(),
            "hog" => self.hog.is_some(),
            "preempt" => self.preempt.is_some(),
            "slice-us" => self.slice_us.is_some(),
            "numa" => self.numa.is_some(),
            "kernel-arg" => !self.kernel_args.is_empty(),
            _ => self.guests.is_some(),
        };
        for tier in self.tier.all() {
            let refused = TierChoice::from_str(tier, false)?.refuses().iter();
            if let Some((key, why, next)) = refused.into_iter().find(|(key, ..)| given(key)) {
                let key = match *key {
                    "kernel-arg" => "kernel_args".into(),
                    key => key.replace('-', "_"),
                };
                return Err(format!("guest.{key}: {why} (tier {tier}). Try: {next}"));
            }
        }
        let has_nested = self
            .tier
            .all()
            .iter()
            .any(|tier| tier == Tier::Nested.name());
        if self.hypervisor.is_some() && !has_nested {
            return Err(
                "guest.hypervisor: only KVM in the L1 hypervisor emulates another. Try: tier nested".into(),
            );
        }
        self.check_sim()
    }

    /// Refuses a machine to simulate that is none, or that no tier simulates.
    fn check_sim(&self) -> Result<(), String> {
        if self.tier.all().iter().any(|tier| tier == Tier::Sim.name()) {
            for policy in each(&self.policy).into_iter().flatten() {
                allowed::<SchedulingPolicy>("policy", &policy)?;
            }
            return self.costs_name().map(|_| ());
        }
        let given = [
            ("costs", self.costs.is_some()),
            ("policy", self.policy.is_some()),
            ("pause_loop_ns", self.pause_loop_ns.is_some()),
            ("pause_loop_grow", self.pause_loop_grow.is_some()),
            ("halt_poll_ns", self.halt_poll_ns.is_some()),
            ("kick_yields", self.kick_yields.is_some()),
        ];
        match given.iter().find(|(_, is_given)| *is_given) {
            Some((key, _)) => Err(format!("guest.{key}: nothing is simulated. Try: tier sim")),
            None => Ok(()),
        }
    }

    /// The most vCPUs that one of the tiers has.
    fn max_vcpus(&self) -> u32 {
        let tiers = self.tier.all().iter();
        let most =
            tiers.filter_map(|tier| Some(TierChoice::from_str(tier, false).ok()?.max_vcpus()));
        most.max().unwrap_or(1)
    }

    pub fn axes(&self) -> Vec<&'static str> {
        let axes = [
            ("policy", varies(&self.policy)),
            ("pause_loop_ns", varies(&self.pause_loop_ns)),
            ("kick_yields", varies(&self.kick_yields)),
            ("tier", self.tier.varies()),
            ("hypervisor", varies(&self.hypervisor)),
            ("mode", varies(&self.mode)),
            ("ratio", varies(&self.ratio)),
            ("vcpus", varies(&self.vcpus)),
            ("numa", varies(&self.numa)),
            ("slice_us", varies(&self.slice_us)),
        ];
        let axes = axes.into_iter().filter(|(_, varies)| *varies);
        axes.map(|(key, _)| key).collect()
    }

    /// The vCPUs of the guests, if all have the same number.
    pub fn only_vcpus(&self) -> Option<u32> {
        match self.vcpus {
            Some(Many::One(vcpus)) => Some(vcpus),
            _ => None,
        }
    }

    /// The boots of each of `guests` guests.
    pub fn rounds(&self, guests: usize, repeats: u32) -> u32 {
        let default = if guests > 1 { 2 } else { 1 };
        self.boots.unwrap_or(default).clamp(1, repeats)
    }

    /// Refuses guests that cannot be booted; the number of host CPUs is checked later.
    pub fn check(&self) -> Result<(), String> {
        for tier in self.tier.all() {
            allowed::<TierChoice>("tier", tier)?;
        }
        for mode in each(&self.mode).into_iter().flatten() {
            allowed::<Mode>("mode", &mode)?;
        }
        for hypervisor in each(&self.hypervisor).into_iter().flatten() {
            allowed::<Hypervisor>("hypervisor", &hypervisor)?;
        }
        distinct("hypervisor", self.hypervisor.as_ref())?;
        if let Some(target) = &self.preempt {
            allowed::<PreemptTarget>("preempt", target)?;
        }
        distinct("tier", Some(&self.tier))?;
        distinct("mode", self.mode.as_ref())?;
        for (key, values, most) in [
            ("ratio", &self.ratio, MAX_RATIO),
            ("vcpus", &self.vcpus, self.max_vcpus()),
        ] {
            distinct(key, values.as_ref())?;
            for n in each(values) {
                within(key, n, 1..=most)?;
            }
        }
        distinct("numa", self.numa.as_ref())?;
        for numa in each(&self.numa).into_iter().flatten() {
            let read: Result<Numa, String> = numa.to_string().parse();
            read.map_err(|why| format!("guest.numa = `{numa}`: {why}"))?;
        }
        distinct("slice_us", self.slice_us.as_ref())?;
        distinct("policy", self.policy.as_ref())?;
        distinct("pause_loop_ns", self.pause_loop_ns.as_ref())?;
        distinct("kick_yields", self.kick_yields.as_ref())?;
        within("pause_loop_grow", self.pause_loop_grow, 1..=64)?;
        for slice in each(&self.slice_us) {
            within("slice_us", slice, SLICES_US)?;
        }
        if !self.is_simulated() {
            within("memory", Some(self.memory), 1..=1 << 20)?;
        }
        within("emulated_cpus", self.emulated_cpus, 1..=MAX_EMULATED_CPUS)?;
        within("guests", self.guests, 2..=MAX_GUESTS)?;
        within("boots", self.boots, 1..=10_000)?;
        within("min_cpus", Some(self.min_cpus), 1..=1024)?;
        self.check_tiers()?;
        let hog: Option<Result<CpuList, _>> = self.hog.as_ref().map(|hog| hog.parse());
        if let Some(Err(error)) = hog {
            return Err(format!("guest.hog: {error:#}"));
        }
        let lengths = [
            self.tier.all().len(),
            each(&self.mode).len(),
            each(&self.ratio).len(),
            each(&self.vcpus).len(),
            each(&self.slice_us).len(),
            each(&self.numa).len(),
            each(&self.hypervisor).len(),
            each(&self.policy).len(),
            each(&self.pause_loop_ns).len(),
            each(&self.kick_yields).len(),
        ];
        match lengths.into_iter().try_fold(1, usize::checked_mul) {
            Some(n) if n <= MOST => Ok(()),
            n => {
                let n = n.map_or_else(|| "too many".into(), |n| n.to_string());
                Err(format!("guest: {n} guests; allowed: up to {MOST}"))
            }
        }
    }
}

#[cfg(test)]
#[path = "guests_tests.rs"]
mod tests;
