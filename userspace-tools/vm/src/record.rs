// SPDX-License-Identifier: GPL-2.0

//! Where a result comes from: all that is needed to judge it, or to get it again.

use std::fs;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use serde::Serialize;

use crate::attempt::Attempt;
use crate::cli::Preempt;
use crate::machines;
use crate::mode::{self, Mode};
use crate::plan::Plan;

/// The schema of the record.
const SCHEMA: u32 = 1;

/// What one run was. The last attempt is the one that counts.
#[derive(Serialize)]
pub struct Record<'a> {
    schema: u32,
    started_unix: u64,
    command: &'a [String],
    tier_reason: &'a str,
    release: String,
    image: String,
    qemu_version: &'a str,
    cpu_model: String,
    memory_mib: u32,
    vcpus: usize,
    host_cpus: String,
    ratio: f64,
    preempt: Option<Preempt>,
    mode_asked: Option<Mode>,
    mode: Option<Mode>,
    repeats: usize,
    map_holds: bool,
    qemu_start_to_first_command_ms: Option<u64>,
    host: Host,
    exit_code: u8,
    message: String,
    #[serde(flatten)]
    last: &'a Attempt,
    attempts: &'a [Attempt],
}

#[derive(Serialize)]
struct Host {
    cpu_model: String,
    cpus: usize,
    kernel: String,
    load_average: String,
}

impl<'a> Record<'a> {
    /// The record of these attempts, of which there is at least one.
    pub fn new(
        plan: &'a Plan,
        attempts: &'a [Attempt],
        tier_reason: &'a str,
        qemu_version: &'a str,
        started: SystemTime,
    ) -> Result<Record<'a>> {
        let last = attempts.last().context("no attempt was made")?;
        Ok(Record {
            schema: SCHEMA,
            started_unix: started
                .duration_since(UNIX_EPOCH)
                .unwrap_or_default()
                .as_secs(),
            command: &plan.asked.command,
            tier_reason,
            release: match &last.hello {
                Some(hello) => hello.release.clone(),
                None => plan.image.release().unwrap_or_default(),
            },
            image: plan.image.directory.display().to_string(),
            qemu_version,
            cpu_model: machines::of(plan, last.tier, Path::new(""), "").cpu_model,
            memory_mib: plan.asked.memory,
            vcpus: plan.vcpus,
            host_cpus: plan.cpus.to_string(),
            ratio: plan.ratio(last.tier),
            preempt: plan.asked.preempt,
            mode_asked: plan.asked.mode,
            mode: last.hello.as_ref().and_then(mode::active),
            repeats: repeats(attempts),
            map_holds: last.vcpu_threads.map_holds(),
            qemu_start_to_first_command_ms: last.times.qemu_start_to_first_command_ms,
            host: Host::new(),
            exit_code: last.outcome.exit_code(),
            message: last.outcome.to_string(),
            last,
            attempts,
        })
    }

    /// Writes record.json: whole or not at all.
    pub fn write(&self, folder: &Path) -> Result<()> {
        let path = folder.join("record.json");
        let new = tempfile::NamedTempFile::new_in(folder)
            .with_context(|| folder.display().to_string())?;
        serde_json::to_writer_pretty(&new, self)?;
        let new = new
            .persist(&path)
            .with_context(|| path.display().to_string())?;
        // NamedTempFile makes private files; this one is for everybody.
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o644);
        new.set_permissions(mode)
            .with_context(|| path.display().to_string())
    }

    /// The record on one line.
    pub fn line(&self) -> Result<String> {
        Ok(serde_json::to_string(self)?)
    }
}

/// Attempts that another one had to follow, the proof that KVM is of no use left out.
fn repeats(attempts: &[Attempt]) -> usize {
    let tier = attempts.last().map(|attempt| attempt.tier);
    let same = attempts.iter().filter(|attempt| Some(attempt.tier) == tier);
    same.count().saturating_sub(1)
}

impl Host {
    fn new() -> Host {
        let read = |path| fs::read_to_string(path).unwrap_or_default();
        let cpuinfo = read("/proc/cpuinfo");
        let model = cpuinfo.lines().find(|line| line.starts_with("model name"));
        let model = model
            .and_then(|line| line.split_once(':'))
            .map_or("", |(_, model)| model);
        Host {
            cpu_model: model.trim().to_owned(),
            cpus: cpuinfo
                .lines()
                .filter(|line| line.starts_with("processor"))
                .count(),
            kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
            load_average: read("/proc/loadavg").trim().to_owned(),
        }
    }
}
