// SPDX-License-Identifier: GPL-2.0

//! Provenance: what ran where, and how to run it again.

use std::{fs, path::Path};

use anyhow::Context;
use cpu_list::CpuList;
use results::{Clock, Place};
use serde::{Deserialize, Serialize};
use vm_record::{CostsName, Placement, Record, SimulatedMachine, Tier, COUNT_CAVEAT};

use crate::{
    plan::experiment::Experiment,
    plan::guest::Guest,
    plan::guests::Guests,
    plan::runs::Plan,
    plan::shard::Shard,
    store::build::Build,
    store::directory::{self, Results},
    store::environment::{differences, Environment, Git},
    store::times::Times,
};

/// Provenance of a result.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Provenance {
    /// Schema of the file.
    pub schema: u32,
    /// The experiment's name.
    pub experiment: String,
    /// Start, in UTC.
    pub started: String,
    /// The source in the current directory.
    pub git: Git,
    /// The guests that were asked for.
    pub guest: Guests,
    /// Repeats that were asked for.
    pub repeats: u32,
    /// Number of looks at the data that were planned.
    #[serde(default = "one")]
    pub looks: u32,
    /// Seed of the order of runs.
    #[serde(default)]
    pub seed: u64,
    /// Which shard of the plan this is.
    #[serde(default)]
    pub shard: Shard,
    /// Host CPUs that were asked for.
    pub cpus: CpuList,
    /// vCPUs per CPU of the first guest; in the nested tier, per CPU of the L1 hypervisor.
    pub ratio: f64,
    /// The command that made it.
    pub command: Vec<String>,
    /// The command that booted the first guest.
    pub vm_command: Vec<String>,
    /// Number of guest boots that were retried.
    #[serde(default, rename = "lost")]
    pub retried: usize,
    /// Where the time went.
    pub times: Times,
    /// Machine and tools; results of schema 2 have none.
    #[serde(default)]
    pub environment: Option<Environment>,
    /// The verdict, or why the result is incomplete.
    pub outcome: String,
    /// Record that `vm` wrote of the first.
    pub vm: Option<Record>,
    /// All guest boots; one that was interrupted and resumed, or lost and continued, is two.
    #[serde(default)]
    pub boots: Vec<Booted>,
}

fn one() -> u32 {
    1
}

/// One guest boot.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Booted {
    /// Its number in the plan.
    pub number: usize,
    /// The guest that was asked for.
    pub guest: Guest,
    /// The command that booted it.
    pub command: Vec<String>,
    /// How long it took in all, in seconds.
    pub seconds: f64,
    /// Steal time of this machine's CPUs meanwhile, as a fraction, if known.
    #[serde(default)]
    pub stolen: Option<f64>,
    /// What it booted; results of schema 2 have none.
    #[serde(default)]
    pub build: Option<Build>,
    /// Why `sweep` booted it again for the runs that were left.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub retries: Vec<String>,
    /// Record that `vm` wrote of it; none if the guest was not started.
    pub vm: Option<Record>,
}

impl Provenance {
    /// Provenance at the start of a run.
    pub fn new(experiment: &Experiment, plan: &Plan, cpus: CpuList) -> Self {
        let ratio = plan
            .boots
            .first()
            .map(|boot| experiment.guest.ratio_of(&boot.guest));
        Self {
            schema: directory::SCHEMA,
            experiment: experiment.name.clone(),
            started: directory::now(),
            git: Git::here(),
            guest: experiment.guest.clone(),
            repeats: experiment.repeats,
            looks: plan.looks,
            seed: plan.seed,
            shard: plan.shard,
            ratio: ratio.unwrap_or(0.0),
            cpus,
            command: std::env::args().collect(),
            vm_command: Vec::new(),
            retried: 0,
            times: Times::default(),
            environment: Some(Environment::here()),
            outcome: directory::UNDER_WAY.into(),
            vm: None,
            boots: Vec::new(),
        }
    }

    /// Reads it from a result directory.
    pub fn read(dir: &Path) -> anyhow::Result<Self> {
        let path = dir.join(directory::PROVENANCE);
        let cannot = || format!("cannot read {}", path.display());
        let text = fs::read_to_string(&path).with_context(cannot)?;
        serde_json::from_str(&text).with_context(cannot)
    }

    /// Steal time of this machine's CPUs during the guest boots, as a fraction.
    pub fn stolen(&self) -> Option<f64> {
        let known = self
            .boots
            .iter()
            .filter_map(|boot| Some((boot.stolen?, boot.seconds)));
        let (taken, all) = known.fold((0.0, 0.0), |(taken, all), (fraction, s)| {
            (taken + fraction * s, all + s)
        });
        (all > 0.0).then(|| taken / all)
    }

    /// The least part of the time of the guests' CPUs that others took, as a fraction: the median of the boots.
    pub fn taken_by_others(&self) -> Option<f64> {
        let each = self.boots.iter().filter_map(|boot| boot.vm.as_ref());
        statistics::median(each.filter_map(|vm| vm.last.taken_by_others()))
    }

    /// Adds a guest boot.
    pub fn booted(&mut self, booted: Booted) {
        // `vm` itself retries a guest that fails before its first output.
        let by_vm = booted.vm.as_ref().map_or(0, |record| record.retries);
        self.retried += booted.retries.len() + by_vm;
        if self.vm.is_none() {
            self.vm = booted.vm.clone();
            self.vm_command.clone_from(&booted.command);
        }
        self.boots.push(booted);
    }

    /// The causes of the retries, each once.
    pub fn retry_causes(&self) -> Vec<String> {
        let by_vm = |record: &Record| {
            let retried = Record::retried(&record.attempts);
            retried
                .map(|attempt| attempt.outcome.to_string())
                .collect::<Vec<_>>()
        };
        let mut causes: Vec<String> = Vec::new();
        for boot in &self.boots {
            let by_vm = boot.vm.as_ref().map(by_vm).unwrap_or_default();
            causes.extend(boot.retries.iter().cloned().chain(by_vm));
        }
        causes.sort_unstable();
        causes.dedup();
        causes
    }

    /// All vCPUs of all guest boots.
    pub fn vcpus(&self) -> Vec<&Placement> {
        let boots = self.boots.iter().filter_map(|boot| boot.vm.as_ref());
        // Provenance of schema 1 has the record of the first boot alone.
        let first = self.vm.iter().filter(|_| self.boots.is_empty());
        let records = boots.chain(first);
        records
            .flat_map(|record| &record.last.vcpus_report.map)
            .collect()
    }

    /// Why runs from now on are of another build, or on another machine, than those recorded.
    pub fn changed(&self) -> Option<String> {
        let (then, now) = (&self.git.commit, Git::here().commit);
        if *then != now {
            let name = |commit: &Option<String>| commit.clone().unwrap_or("no commit".into());
            let (then, now) = (name(then), name(&now));
            return Some(format!("its runs are of {then}, and this is {now}"));
        }
        let environment = self.environment.as_ref().and_then(|then| {
            let differs = differences(then.facts(), Environment::here().facts());
            let (name, then, now) = differs.into_iter().next()?;
            Some(format!("{name}: it was {then}, and is {now}"))
        });
        environment.or_else(|| {
            self.boots.iter().find_map(|boot| {
                let (vm, then) = (boot.vm.as_ref()?, boot.build.as_ref()?);
                let differs = differences(then.facts(), Build::booted(vm).facts());
                let ((name, ..), image) = (differs.first()?, &vm.image);
                let n = boot.number;
                Some(format!(
                    "{name} of {image} was built again since guest boot {n}"
                ))
            })
        })
    }

    /// Writes it into a result directory.
    pub fn write(&self, results: &Results) -> anyhow::Result<()> {
        results.write(directory::PROVENANCE, &serde_json::to_string_pretty(self)?)
    }

    /// The execution tier; this and the others are `?` if no guest was started.
    pub fn tier(&self) -> &str {
        self.recorded(|vm| vm.last.tier.name())
    }

    /// The machines that were simulated, each with its boot.
    pub fn simulated(&self) -> impl Iterator<Item = (usize, &SimulatedMachine)> {
        let boots = self.boots.iter();
        boots.filter_map(|boot| Some((boot.number, boot.vm.as_ref()?.simulated.as_ref()?)))
    }

    /// Where the runs of guest boot `number` were measured; none if it was not recorded.
    pub fn place(&self, number: usize) -> Option<Place> {
        let boot = self.boots.iter().find(|boot| boot.number == number);
        // Provenance of schema 1 has the record of the first boot alone.
        let vm = boot.and_then(|boot| boot.vm.as_ref());
        let vm = vm.or(self.vm.as_ref())?;
        let tier = vm.last.tier;
        let costs = vm.simulated.as_ref();
        let costs = costs.and_then(|machine| CostsName::of(&machine.costs).ok());
        let host = boot.and_then(|boot| boot.guest.cpus.parse::<CpuList>().ok());
        let host = host.as_ref().unwrap_or(&self.cpus).count() as u32;
        let vcpus = boot.map_or(self.ratio * f64::from(host), |boot| boot.guest.vcpus.into());
        let Guests {
            guests,
            hog,
            preempt,
            ..
        } = &self.guest;
        Some(Place {
            tier,
            costs,
            hypervisor: vm.hypervisor_asked,
            vcpus: vcpus as u32,
            cpus: self.guest.emulated(tier.name()).unwrap_or(host),
            is_disturbed: guests.is_some() || hog.is_some() || preempt.is_some(),
        })
    }

    /// The unit of the guests' clock.
    pub fn clock(&self) -> Clock {
        match self.tier() == Tier::Count.name() {
            true => Clock::Instructions,
            false => Clock::Nanoseconds,
        }
    }

    /// What the figures of its tier do not show, if that is to be said at each of them.
    pub fn caveat(&self) -> Option<&'static str> {
        (!self.clock().is_time()).then_some(COUNT_CAVEAT)
    }

    /// The guest kernel's release.
    pub fn kernel(&self) -> &str {
        self.recorded(|vm| &vm.release)
    }

    /// The version of QEMU.
    pub fn qemu(&self) -> &str {
        self.recorded(|vm| &vm.qemu_version)
    }

    /// The host's processor.
    pub fn host_cpu(&self) -> &str {
        self.recorded(|vm| &vm.host.cpu_model)
    }

    /// A text of the record of the first guest boot.
    pub fn recorded<'a>(&'a self, text: impl Fn(&'a Record) -> &'a str) -> &'a str {
        let text = self.vm.as_ref().map(text);
        text.filter(|text| !text.is_empty()).unwrap_or("?")
    }

    /// The commit, abbreviated, and whether the tree differed from it.
    pub fn commit(&self) -> String {
        let commit = self.git.commit.as_deref();
        let commit = commit.map_or("no commit", |commit| &commit[..commit.len().min(12)]);
        match self.git.dirty {
            Some(true) => format!("{commit}, modified"),
            _ => commit.into(),
        }
    }
}
