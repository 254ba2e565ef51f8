// SPDX-License-Identifier: GPL-2.0

//! An experiment is data: what a file in `scripts/experiments` holds.

use std::{
    fs,
    path::Path, //
};

use indexmap::IndexMap;
use serde::{
    Deserialize,
    Serialize, //
};

use crate::{
    setting::{
        Pattern,
        Point,
        Setting, //
    },
    Usage,
};

/// A whole experiment: one guest, and parts that run in it in turn.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Experiment {
    /// A short name; it becomes part of the result directory's name.
    pub name: String,
    /// What it shows, in one line.
    pub title: String,
    /// How often every run is repeated.
    pub repeats: u32,
    /// The guest in which it runs.
    pub guest: Guest,
    /// Its parts, each of one module.
    #[serde(rename = "part")]
    pub parts: Vec<Part>,
}

/// The guest of an experiment.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Guest {
    /// vCPUs of the guest.
    pub vcpus: u32,
    /// Host CPUs that it may use: `all`, or a list as `0,2-3`.
    pub cpus: String,
    /// Host CPUs without which the experiment makes no sense.
    #[serde(default = "one")]
    pub min_cpus: u32,
    /// Memory in MiB.
    pub memory: u32,
    /// Acceleration: `auto`, `kvm` or `tcg`.
    pub tier: String,
}

fn one() -> u32 {
    1
}

/// Runs of one module over the product of its axes.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// A short name; figures begin with it.
    pub name: String,
    /// What its table shows.
    pub title: String,
    /// The module that runs it.
    pub module: Module,
    /// Settings alike in all its runs.
    #[serde(default)]
    pub fixed: Point,
    /// Settings that vary, the last the fastest.
    pub axes: IndexMap<String, Vec<Setting>>,
    /// Settings that are otherwise in some of the runs.
    #[serde(default)]
    pub except: Vec<Except>,
    /// Where something else than "nothing was broken" is expected.
    #[serde(default)]
    pub expect: Vec<Expect>,
    /// Medians to be held against each other.
    #[serde(default)]
    pub compare: Vec<Compare>,
}

/// A module with a load, by the name of its directory in debugfs.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Module {
    /// `lock-load`
    LockLoad,
    /// `sloppy-counter`
    SloppyCounter,
    /// `job-runner`
    JobRunner,
}

impl Module {
    /// The module's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::LockLoad => "lock-load",
            Self::SloppyCounter => "sloppy-counter",
            Self::JobRunner => "job-runner",
        }
    }
}

/// Settings that are otherwise in some of the runs.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Except {
    /// The runs.
    pub of: Pattern,
    /// The settings.
    pub set: Point,
}

/// What an oracle has to say about some of the runs.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// The runs.
    pub of: Pattern,
    /// What is expected in every one of them.
    pub oracle: Oracle,
}

/// What is expected of an oracle.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "lowercase")]
pub enum Oracle {
    /// The promise is broken, and the oracle sees it.
    Caught,
    /// The promise was tested and held.
    Held,
}

/// Two medians and their quotient.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Compare {
    /// The figure's name.
    pub figure: String,
    /// How it is called in print.
    pub text: String,
    /// The runs on top.
    pub of: Pattern,
    /// The runs below.
    pub to: Pattern,
}

impl Experiment {
    /// Reads the file at `path`.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let text = fs::read_to_string(path).map_err(|error| {
            Usage(format!(
                "{}: {error}; experiments are in scripts/experiments/",
                path.display()
            ))
        })?;
        Self::parse(&text).map_err(|error| Usage(format!("{}: {error}", path.display())).into())
    }

    /// Reads the text of an experiment.
    pub fn parse(text: &str) -> Result<Self, String> {
        let experiment: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        experiment.check()?;
        Ok(experiment)
    }

    /// Refuses what cannot be run.
    pub fn check(&self) -> Result<(), String> {
        let tiers = ["auto", "kvm", "tcg"];
        let guest = &self.guest;
        let name_ok = |c: char| c.is_ascii_alphanumeric() || c == '-';
        if self.name.is_empty() || !self.name.chars().all(name_ok) {
            Err(format!(
                "name `{}`: allowed: letters, digits and `-`",
                self.name
            ))
        } else if !(1..=1000).contains(&self.repeats) {
            Err(format!("repeats = {}: allowed: 1..=1000", self.repeats))
        } else if !(1..=255).contains(&guest.vcpus) {
            Err(format!("guest.vcpus = {}: allowed: 1..=255", guest.vcpus))
        } else if !tiers.contains(&guest.tier.as_str()) {
            Err(format!(
                "guest.tier = `{}`: allowed: {}",
                guest.tier,
                tiers.join(" ")
            ))
        } else if self.parts.is_empty() {
            Err("no [[part]]: an experiment has at least one".into())
        } else {
            Ok(())
        }
    }
}
