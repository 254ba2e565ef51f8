// SPDX-License-Identifier: GPL-2.0

//! Record of one `vm run`: what is needed to judge a result, or to reproduce it.
//!
//! A key that is missing reads as empty, so records of schema 1, and those cut down to a few keys, stay
//! readable. Schema 2 renamed `middle` to `l1`, `stops` to `preemptions`, `repeats` to `retries`, and
//! three classes of outcomes.

use std::path::Path;
use std::{fs, io};

use serde::{Deserialize, Serialize};

use crate::{write_whole, Attempt, Hypervisor, Mode, Numa, PreemptTarget, SimulatedMachine};

/// The schema of records that are written.
pub const SCHEMA: u32 = 2;

/// The record's file in the folder that `vm run --record` names.
pub const RECORD_FILE: &str = "record.json";

/// One run. Its last attempt is the one that counts.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[allow(missing_docs)] // where the name says it
pub struct Record {
    /// [`SCHEMA`] of the `vm` that wrote it.
    #[serde(default)]
    pub schema: u32,
    /// When it started, in seconds since 1970.
    #[serde(default)]
    pub started_unix: u64,
    #[serde(default)]
    pub command: Vec<String>,
    #[serde(default)]
    pub tier_reason: String,
    /// The guest kernel's release.
    #[serde(default)]
    pub release: String,
    /// The folder of the guest image.
    #[serde(default)]
    pub image: String,
    #[serde(default)]
    pub qemu_version: String,
    /// The guest's CPU model, with flags.
    #[serde(default)]
    pub cpu_model: String,
    #[serde(default)]
    pub memory_mib: u32,
    #[serde(default)]
    pub vcpus: usize,
    /// Its NUMA nodes, if they were asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub numa: Option<Numa>,
    /// The host CPUs that it was given, as a list.
    #[serde(default)]
    pub host_cpus: String,
    /// vCPUs per CPU that runs them.
    #[serde(default)]
    pub ratio: f64,
    /// Whose vCPUs were stopped.
    #[serde(default)]
    pub preempt: Option<PreemptTarget>,
    /// The paravirt mode that was asked for.
    #[serde(default)]
    pub mode_asked: Option<Mode>,
    /// The paravirt mode that the guest's kernel reported.
    #[serde(default)]
    pub mode: Option<Mode>,
    /// The hypervisor that the guest's kernel reported: its kind, and the version if it is Xen's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hypervisor: Option<String>,
    /// The hypervisor that the guest was to see.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hypervisor_asked: Option<Hypervisor>,
    /// The machine that was simulated, in the tier `sim`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub simulated: Option<SimulatedMachine>,
    /// The number of [`Record::retried`].
    #[serde(default, alias = "repeats")]
    pub retries: usize,
    /// Whether every vCPU ran where it was bound.
    #[serde(default)]
    pub map_holds: Option<bool>,
    #[serde(default)]
    pub host: HostMachine,
    #[serde(default)]
    pub exit_code: u8,
    /// The outcome, as a sentence.
    #[serde(default)]
    pub message: String,
    #[serde(flatten)]
    pub last: Attempt,
    #[serde(default)]
    pub attempts: Vec<Attempt>,
}

/// The machine that `vm` ran on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
#[allow(missing_docs)] // where the name says it
pub struct HostMachine {
    pub cpu_model: String,
    pub cpus: usize,
    pub kernel: String,
    /// `/proc/loadavg` at the end of the run.
    pub load_average: String,
}

impl Record {
    /// The attempts that were retried: all on the last one's tier but that one. So the boot that shows that KVM
    /// is unusable is none of them.
    pub fn retried(attempts: &[Attempt]) -> impl Iterator<Item = &Attempt> {
        let (last, earlier) = attempts.split_last().unzip();
        let tier = last.map(|last| last.tier);
        let earlier = earlier.into_iter().flatten();
        earlier.filter(move |attempt| Some(attempt.tier) == tier)
    }

    /// Reads the record in a folder.
    pub fn read(folder: &Path) -> io::Result<Record> {
        let text = fs::read(folder.join(RECORD_FILE))?;
        Ok(serde_json::from_slice(&text)?)
    }

    /// Writes it into a folder.
    pub fn write(&self, folder: &Path) -> io::Result<()> {
        let text = serde_json::to_string_pretty(self)?;
        write_whole(&folder.join(RECORD_FILE), &text)
    }
}
