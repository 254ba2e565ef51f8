// SPDX-License-Identifier: GPL-2.0

//! Tests that every variant of every bottleneck keeps its promises, and that `busted` is caught.

use abi::bottleneck::{Facts, Lock, Variant};
use anyhow::{ensure, Context, Result};
use results::{Bottleneck, Outcome, Report};
use rustix::io::Errno;

use super::expect::{expect, row, rows, threads};
use crate::{
    subject::{run_with, start_refused},
    suite::Test,
};

pub fn tests() -> Vec<Test> {
    let mut tests = Vec::new();
    for facts in Facts::all() {
        for &variant in facts.variants {
            for &lock in facts.locks(variant) {
                let each = threads().into_iter();
                tests.extend(each.map(|threads| test(facts, variant, lock, threads)));
            }
        }
        let name = format!("bottleneck/{}/names_its_variants", facts.kind);
        tests.push(Test::new(name, move || names_its_variants(facts)));
    }
    let name = "bottleneck/samples_every_wait_for_a_lock";
    tests.push(Test::new(name, samples_waits));
    // Ten pauses in 100 ms, and what comes when all have to do something.
    tests.extend(rows! { Bottleneck, "bottleneck", "burst=1";
        "pauses_after_each_burst": "idle_ns=10000000 run_ms=100", Pass,
            |run| run.sum.max <= run.sum.elapsed_ns / 10_000_000 + 2;
    });
    tests
}

fn test(facts: &'static Facts, variant: Variant, lock: Lock, threads: u32) -> Test {
    let verb = match (variant, threads) {
        (_, 1) => "runs",
        (Variant::Busted, _) => "is_caught",
        _ => "passes",
    };
    let case = facts.kind;
    let name = format!("bottleneck/{case}/{variant}/{lock}/{verb}_with_{threads}");
    let check = facts.check;
    let text = format!("case={case} {check} variant={variant} lock={lock} threads={threads}");
    match verb {
        "runs" => Test::new(name, move || alone(variant, &text)),
        "is_caught" => Test::new(name, move || caught(&text)),
        // The expected number may be 0, but something must be checked.
        _ => row(
            name,
            format!("run_ms=50 {text}"),
            Outcome::Pass,
            |run: &Bottleneck| run.sum.min > 0 && !run.findings.is_empty(),
        ),
    }
}

/// In a run that is long enough.
fn caught(text: &str) -> Result<()> {
    let mut run_ms = 100;
    loop {
        let report: Bottleneck = run_with(&format!("run_ms={run_ms} {text}"))?;
        let outcome = report.outcome();
        if outcome == Outcome::Caught {
            return Ok(());
        }
        ensure!(run_ms < 5000, "{outcome}: {}", report.sum);
        run_ms *= 2;
    }
}

/// One thread alone breaks no promise and never waits; `busted` may break by itself.
fn alone(variant: Variant, text: &str) -> Result<()> {
    let report: Bottleneck = run_with(&format!("run_ms=50 {text}"))?;
    let (outcome, sum) = (report.outcome(), report.sum);
    let untested = outcome == Outcome::Skip || variant == Variant::Busted;
    ensure!(untested, "{outcome}");
    ensure!(sum.ops > 0, "{sum}");
    // The kernel's sleeping locks do not report contention.
    let reports = !matches!(variant, Variant::Mutex | Variant::Rwsem);
    let thread = &report.threads[0];
    ensure!(thread.waits == 0 || !reports, "{thread}");
    Ok(())
}

fn names_its_variants(facts: &Facts) -> Result<()> {
    let other = Variant::ALL.iter().find(|v| !facts.variants.contains(v));
    let other = other.with_context(|| format!("{} has every variant", facts.kind))?;
    let text = format!("case={} variant={other}", facts.kind);
    let why = start_refused::<Bottleneck>(&text, Errno::INVAL, other.name())?;
    let mut variants = facts.variants.iter();
    ensure!(variants.all(|v| why.contains(v.name())), "{why}");
    Ok(())
}

/// As many samples as acquisitions, and some wait under one lock.
fn samples_waits() -> Result<()> {
    let text = "case=mount_lookup threads=max run_ms=200";
    let report: Bottleneck = expect(&format!("{text} variant=spinlock"), Outcome::Pass)?;
    let locks: u64 = report.threads.iter().map(|thread| thread.locks).sum();
    let waits: u64 = report.threads.iter().map(|thread| thread.waits).sum();
    ensure!(locks >= report.sum.ops, "{locks} locks for {}", report.sum);
    let samples = report.waits().count();
    ensure!(samples == locks, "{samples} samples for {locks} locks");
    let some = (1..=locks).contains(&waits);
    ensure!(some, "{waits} waits for {locks} locks");
    let report: Bottleneck = expect(&format!("{text} variant=rcu"), Outcome::Pass)?;
    let none = report.threads.iter().all(|t| t.locks == 0);
    ensure!(none, "RCU took locks");
    Ok(())
}
