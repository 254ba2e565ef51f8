// SPDX-License-Identifier: GPL-2.0

//! Where a result comes from: enough to know what ran where, and to run it again.

use std::{fs, path::Path, process::Command};

use anyhow::Context;
use rustix::thread::sched_getaffinity;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    plan::guests::{Guest, Guests},
    plan::shard::Shard,
    store::directory::Results,
    store::times::Times,
};

/// The file that holds it.
pub const FILE: &str = "provenance.json";

/// Where a result comes from.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Provenance {
    /// The version of this file.
    pub schema: u32,
    /// The experiment's name.
    pub experiment: String,
    /// When it began, in UTC.
    pub started: String,
    /// The source it was built from.
    pub git: Git,
    /// The guests that were asked for.
    pub guest: Guests,
    /// Repeats that were asked for.
    pub repeats: u32,
    /// From which the order of runs was drawn.
    #[serde(default)]
    pub seed: u64,
    /// Which part of the plan this is.
    #[serde(default)]
    pub shard: Shard,
    /// Host CPUs that were asked for.
    pub cpus: Vec<u32>,
    /// vCPUs to CPUs, of the first guest: to the host's, or to the emulated ones it runs on.
    pub ratio: f64,
    /// The command that made it.
    pub command: Vec<String>,
    /// The command that booted the first guest.
    pub vm_command: Vec<String>,
    /// Guests that were lost and repeated.
    #[serde(default)]
    pub lost: u32,
    /// Where the time went.
    pub times: Times,
    /// `held`, `broken`, or why it is not complete.
    pub outcome: String,
    /// What `vm` recorded of the first: tier, kernel, QEMU, CPU, the map observed, attempts.
    pub vm: Value,
    /// Every boot; one that was interrupted and gone on with is two.
    #[serde(default)]
    pub boots: Vec<Booted>,
}

/// A guest that was booted.
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
    /// What this machine's own host took of the CPUs' time meanwhile, 0 to 1, if anybody says.
    #[serde(default)]
    pub stolen: Option<f64>,
    /// All that `vm` recorded of it.
    pub vm: Value,
}

/// The source, as `git` knows it.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Git {
    /// The commit; none outside a clone.
    pub commit: Option<String>,
    /// Whether anything was changed since.
    pub dirty: Option<bool>,
}

impl Git {
    /// Asks `git` about the current directory.
    pub fn here() -> Self {
        let git = |args: &[&str]| {
            let out = Command::new("git").args(args).output().ok()?;
            out.status
                .success()
                .then(|| String::from_utf8_lossy(&out.stdout).trim().to_string())
        };
        Self {
            commit: git(&["rev-parse", "HEAD"]),
            dirty: git(&["status", "--porcelain"]).map(|changes| !changes.is_empty()),
        }
    }
}

impl Provenance {
    /// Reads it from a result directory.
    pub fn read(dir: &Path) -> anyhow::Result<Self> {
        let path = dir.join(FILE);
        let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        serde_json::from_str(&text).with_context(|| path.display().to_string())
    }

    /// What this machine's own host took of the CPUs' time while the guests were there, 0 to 1.
    pub fn stolen(&self) -> Option<f64> {
        let told = self
            .boots
            .iter()
            .filter_map(|boot| Some((boot.stolen?, boot.seconds)));
        let (taken, all) = told.fold((0.0, 0.0), |(taken, all), (part, s)| {
            (taken + part * s, all + s)
        });
        (all > 0.0).then(|| taken / all)
    }

    /// Takes up one more boot, and what was lost on the way.
    pub fn booted(&mut self, booted: Booted, lost: u32) {
        // `vm` repeats a guest by itself that is lost before it says anything.
        let attempts = booted.vm.get("attempts").and_then(Value::as_array);
        self.lost += lost + attempts.map_or(0, |all| all.len().saturating_sub(1) as u32);
        if self.vm.is_null() {
            self.vm = booted.vm.clone();
            self.vm_command.clone_from(&booted.command);
        }
        self.boots.push(booted);
    }

    /// Writes it into a result directory.
    pub fn write(&self, results: &Results) -> anyhow::Result<()> {
        results.write(FILE, &serde_json::to_string_pretty(self)?)
    }

    /// Something that `vm` recorded, as text; `?` if it did not.
    pub fn vm(&self, pointer: &str) -> String {
        match self.vm.pointer(pointer) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Null) | None => "?".into(),
            Some(value) => value.to_string(),
        }
    }
}

/// What `vm` left in `dir`; null if it did not come so far.
pub fn vm_record(dir: &Path) -> Value {
    let text = fs::read_to_string(dir.join("record.json")).unwrap_or_default();
    serde_json::from_str(&text).unwrap_or(Value::Null)
}

/// The CPUs of a list as `0,2-3`; `all` are those that this process may use.
pub fn cpus(list: &str) -> Result<Vec<u32>, String> {
    if list == "all" {
        let set = sched_getaffinity(None).map_err(|error| format!("CPU affinity: {error}"))?;
        let all = 0..rustix::thread::CpuSet::MAX_CPU;
        return Ok(all
            .filter(|&cpu| set.is_set(cpu))
            .map(|cpu| cpu as u32)
            .collect());
    }
    let wrong = || format!("`{list}` is no list of CPUs; allowed: `all`, or as 0,2-3");
    let mut cpus = Vec::new();
    for part in list.split(',') {
        let (from, to) = part.split_once('-').unwrap_or((part, part));
        let number = |text: &str| text.parse::<u32>().map_err(|_| wrong());
        match number(from)?..=number(to)? {
            range if range.is_empty() => return Err(wrong()),
            range => cpus.extend(range),
        }
    }
    cpus.sort_unstable();
    cpus.dedup();
    Ok(cpus)
}

/// The same list in its shortest form: `0,2-3`.
pub fn list(cpus: &[u32]) -> String {
    let runs = cpus.chunk_by(|a, b| a + 1 == *b);
    let words: Vec<String> = runs
        .map(|run| match run {
            [one] => one.to_string(),
            [first, .., last] => format!("{first}-{last}"),
            [] => String::new(),
        })
        .collect();
    words.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_survives_the_trip() {
        for text in ["0", "0-1", "0,2-3,7", "1,3,5"] {
            assert_eq!(list(&cpus(text).unwrap()), text);
        }
        assert_eq!(cpus("3,1-2,2").unwrap(), [1, 2, 3]);
    }

    #[test]
    fn what_is_no_list_is_refused() {
        for text in ["", "a", "1-", "3-1", "1;2", "-1"] {
            assert!(cpus(text).is_err(), "{text}");
        }
    }

    #[test]
    fn all_are_those_this_process_may_use() {
        let all = cpus("all").unwrap();
        assert_eq!(
            all.len(),
            std::thread::available_parallelism().unwrap().get()
        );
    }
}
