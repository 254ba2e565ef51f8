// SPDX-License-Identifier: GPL-2.0

//! Record of a run, from its plan and its attempts.

use std::fs;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use vm_record::{HostMachine, Record, SCHEMA};

use crate::mode;
use crate::monitor::Finished;
use crate::plan::Plan;

/// The record of these attempts, of which there is at least one.
pub fn of(
    plan: &Plan,
    attempts: &[Finished],
    tier_reason: String,
    qemu_version: String,
    started: SystemTime,
) -> Result<Record> {
    let last = &attempts.last().context("no attempt was made")?.record;
    let attempts = attempts.iter().map(|attempt| attempt.record.clone());
    let attempts: Vec<_> = attempts.collect();
    let started = started.duration_since(UNIX_EPOCH).unwrap_or_default();
    Ok(Record {
        schema: SCHEMA,
        started_unix: started.as_secs(),
        command: plan.options.command.clone(),
        tier_reason,
        release: match &last.hello {
            Some(hello) => hello.release.clone(),
            None => plan.image.release().unwrap_or_default(),
        },
        image: plan.image.directory.display().to_string(),
        qemu_version,
        cpu_model: mode::cpu_model(last.tier, plan.hypervisor(last.tier), plan.booted_mode()),
        memory_mib: plan.options.memory,
        vcpus: plan.vcpus,
        numa: plan.options.numa,
        host_cpus: plan.cpus.to_string(),
        ratio: plan.ratio(last.tier),
        preempt: plan.options.preempt,
        mode_asked: plan.options.mode,
        hypervisor: last.hello.as_ref().and_then(mode::hypervisor),
        hypervisor_asked: plan.options.hypervisor,
        simulated: None,
        mode: last.hello.as_ref().and_then(mode::active),
        retries: Record::retried(&attempts).count(),
        map_holds: Some(last.vcpus_report.map_holds()),
        host: host(),
        exit_code: last.outcome.exit_code(),
        message: last.outcome.to_string(),
        last: last.clone(),
        attempts,
    })
}

/// The machine that this is.
pub fn host() -> HostMachine {
    let read = |path| fs::read_to_string(path).unwrap_or_default();
    let cpuinfo = read("/proc/cpuinfo");
    let lines = || cpuinfo.lines();
    let of = |key: &'static str| lines().filter_map(move |line| line.strip_prefix(key));
    let model = of("model name").next().unwrap_or_default();
    HostMachine {
        cpu_model: model.trim_matches([' ', '\t', ':']).to_owned(),
        cpus: of("processor").count(),
        kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
        load_average: read("/proc/loadavg").trim().to_owned(),
    }
}
