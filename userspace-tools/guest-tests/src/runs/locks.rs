// SPDX-License-Identifier: GPL-2.0

//! Tests that every lock excludes, and that one that does not is caught.

use abi::lock_load::{KernelLock, Lock};
use anyhow::{ensure, Result};
use results::{LockLoad, Outcome, Report};

use super::expect::{expect, test, threads};
use crate::{
    subject::run_with,
    suite::{group, Test},
};

pub fn tests() -> Vec<Test> {
    let each = Lock::ALL.iter().copied();
    let threads = each
        .clone()
        .flat_map(|lock| threads().into_iter().map(move |n| (lock, n)));
    let mut tests: Vec<Test> = threads
        .map(|(lock, threads)| excludes(lock, threads))
        .collect();
    tests.extend(each.map(|lock| {
        let name = format!("lock/{lock}/runs_with_extreme_settings");
        Test::new(name, move || extremes(lock))
    }));
    tests.extend(group(
        "lock",
        &[
            ("the_kernels_own_is_identified", kernels_own),
            ("each_thread_has_its_own_vcpu", own_vcpu),
        ],
    ));
    tests
}

fn excludes(lock: Lock, threads: u32) -> Test {
    let facts = lock.facts();
    let run_ms = if facts.never_excludes { 200 } else { 50 };
    let histograms = lock.histograms();
    let text = format!("lock={lock} threads={threads} run_ms={run_ms} histograms={histograms}");
    let (verb, outcome) = match threads {
        _ if facts.promises_nothing => ("promises_nothing", Outcome::Skip),
        1 if facts.never_excludes => ("is_not_caught", Outcome::Skip),
        _ if facts.never_excludes => ("is_caught", Outcome::Caught),
        1 => {
            let name = format!("lock/{lock}/runs_with_1");
            return Test::new(name, move || alone(&text));
        }
        _ => ("excludes", Outcome::Pass),
    };
    let name = format!("lock/{lock}/{verb}_with_{threads}");
    test::<LockLoad>(name, text, outcome)
}

/// One thread alone never waits and never halts; its outcome is SKIP or PASS.
fn alone(text: &str) -> Result<()> {
    let report: LockLoad = run_with(text)?;
    let (outcome, sum) = (report.outcome(), report.sum);
    ensure!(!outcome.failed() && outcome != Outcome::Caught, "{outcome}");
    ensure!(sum.sections > 0 && sum.halts == 0, "{sum}");
    Ok(())
}

/// The shortest run, the shortest and the longest sections.
fn extremes(lock: Lock) -> Result<()> {
    for text in [
        "hold_ns=0 idle_ns=0 run_ms=20",
        "hold_ns=1000000 idle_ns=0 run_ms=1",
        "hold_ns=0 idle_ns=1000000 run_ms=20",
    ] {
        let histograms = lock.histograms();
        let text = format!("lock={lock} threads=max histograms={histograms} {text}");
        let report: LockLoad = run_with(&text)?;
        ensure!(report.outcome() != Outcome::Fail, "{text}: {}", report.sum);
    }
    Ok(())
}

fn kernels_own() -> Result<()> {
    let machine = run_with::<LockLoad>("lock=kernel/raw_spin run_ms=20")?.machine;
    ensure!(machine.kernel_lock != KernelLock::Unknown, "{machine}");
    ensure!(machine.loops_per_us > 0, "{machine}");
    Ok(())
}

fn own_vcpu() -> Result<()> {
    let report: LockLoad = expect("lock=ttas threads=max run_ms=20", Outcome::Pass)?;
    let mut vcpus: Vec<_> = report.threads.iter().map(|t| t.vcpu).collect();
    vcpus.dedup();
    ensure!(vcpus.len() == report.threads.len(), "shared: {vcpus:?}");
    let moved = report.threads.iter().any(|t| t.moved > 0);
    ensure!(!moved, "a thread moved: {:?}", report.threads);
    Ok(())
}
