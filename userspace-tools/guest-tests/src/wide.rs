// SPDX-License-Identifier: GPL-2.0

//! Tests of vCPUs above 63, which the first word of a set of CPUs does not hold.

use anyhow::{ensure, Result};
use results::{vcpus, JobRunner, LockLoad, Outcome, Report, SloppyCounter};
use rustix::{
    io::Errno,
    thread::{sched_getaffinity, sched_setaffinity, CpuSet},
};

use crate::{
    hotplug::Offline,
    raw::refused,
    runs::expect::expect,
    subject::{fresh, run_with},
    suite::{group, Test},
};

/// The first vCPU that the first word does not hold.
pub const FIRST: u32 = 64;

/// A job by as many workers as vCPUs.
const JOB: &str = "size=20000 max_threads=max helpers=100 limit_ms=60000";

pub fn tests() -> Vec<Test> {
    group(
        "wide",
        &[
            ("lock_has_a_thread_on_each_vcpu", lock),
            ("waiters_of_pv_ticket_halt_on_each_vcpu", waiters),
            ("counter_counts_on_each_vcpu", counter),
            ("job_stays_on_vcpus_above_63", above),
            ("job_stays_on_vcpus_to_63", below),
            ("callers_are_those_of_the_writer_of_start", affinity),
            ("vcpu_above_63_goes_offline_and_returns", offline),
        ],
    )
}

/// Sections are few where 72 vCPUs share two CPUs, so a short run may be one thread's alone.
fn on_each(text: &str) -> Result<Vec<u32>> {
    let report: LockLoad = run_with(&format!("lock=mcs/halt threads=max {text}"))?;
    let (outcome, sum) = (report.outcome(), report.sum);
    ensure!(!outcome.failed() && sum.sections > 0, "{outcome}: {sum}");
    Ok(report.threads.iter().map(|thread| thread.vcpu).collect())
}

fn lock() -> Result<()> {
    let on = on_each("run_ms=500")?;
    ensure!(on.iter().copied().eq(0..vcpus()), "threads on {on:?}");
    Ok(())
}

/// Were there fewer slots than waiters, the others would spin on the CPU of the one that is served: with 64 slots,
/// 72 vCPUs on 2 CPUs enter some hundred sections per second. MCS has a node for each, and is the measure.
fn waiters() -> Result<()> {
    let sections = |lock: &str| -> Result<u64> {
        let report: LockLoad = run_with(&format!("lock={lock} threads=max run_ms=1000"))?;
        ensure!(!report.outcome().failed(), "{lock}: {}", report.sum);
        Ok(report.sum.sections)
    };
    let (mcs, ticket) = (sections("mcs/halt")?, sections("pv_ticket")?);
    ensure!(
        ticket > mcs / 40,
        "pv_ticket: {ticket} sections in a second, mcs/halt: {mcs}"
    );
    Ok(())
}

fn counter() -> Result<()> {
    let text = "counter=sloppy threads=max run_ms=500";
    let report: SloppyCounter = expect(text, Outcome::Pass)?;
    let on: Vec<u32> = report.threads.iter().map(|thread| thread.vcpu).collect();
    ensure!(on.iter().copied().eq(0..vcpus()), "threads on {on:?}");
    Ok(())
}

/// The vCPUs of the workers of a job, of which every index must be done once.
fn workers(text: &str) -> Result<Vec<u32>> {
    let report: JobRunner = expect(&format!("{JOB} {text}"), Outcome::Pass)?;
    ensure!(report.sum.once == report.config.size, "{}", report.sum);
    let on: Vec<u32> = report.workers.iter().map(|worker| worker.vcpu).collect();
    ensure!(!on.is_empty(), "no worker");
    Ok(on)
}

fn above() -> Result<()> {
    let set = format!("{FIRST}-{}", vcpus() - 1);
    for callers in [1, 2] {
        let on = workers(&format!("cpus={set} callers={callers}"))?;
        let inside = on.iter().all(|vcpu| (FIRST..vcpus()).contains(vcpu));
        ensure!(inside, "{callers} callers: workers on {on:?}");
    }
    Ok(())
}

fn below() -> Result<()> {
    let on = workers(&format!("cpus=0-{}", FIRST - 1))?;
    ensure!(on.iter().all(|&vcpu| vcpu < FIRST), "workers on {on:?}");
    Ok(())
}

fn affinity() -> Result<()> {
    let (all, last) = (sched_getaffinity(None)?, vcpus() - 1);
    let mut only = CpuSet::new();
    only.set(last as usize);
    sched_setaffinity(None, &only)?;
    let on = workers("cpus=all");
    sched_setaffinity(None, &all)?;
    let on = on?;
    ensure!(on == [last], "workers on {on:?}");
    Ok(())
}

fn offline() -> Result<()> {
    let (all, gone) = (vcpus(), vcpus() - 2);
    let offline = Offline::of(gone)?;
    let on = on_each("run_ms=300")?;
    let others = (0..all).filter(|&vcpu| vcpu != gone);
    ensure!(on.iter().copied().eq(others), "threads on {on:?}");
    // A set of which the only vCPU is offline has no place for a job.
    let module = fresh::<JobRunner>()?;
    module.dir().set(&format!("cpus={gone}"))?;
    refused(
        module.dir(),
        "run",
        "start",
        Errno::RANGE,
        "none of them is online",
    )?;
    drop(offline);
    let on = workers(&format!("cpus={gone}"))?;
    ensure!(on == [gone], "workers on {on:?}");
    let on = on_each("run_ms=300")?;
    ensure!(on.len() == all as usize, "threads on {on:?}");
    Ok(())
}
