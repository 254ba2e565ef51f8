// SPDX-License-Identifier: GPL-2.0

//! Every variant of every bottleneck keeps its promises, and the oracles catch `busted`.

use abi::bottleneck::{Config, Facts, Kind, Lock, Variant};
use anyhow::{anyhow, ensure, Result};
use results::{vcpus, Bottleneck, Outcome, Settings};

use super::{comes_out, threads};
use crate::{
    raw::refused,
    subject::{fresh, run},
    suite::Test,
};
use results::Report;

/// The tests of `bottleneck`'s runs.
pub fn tests() -> Vec<Test> {
    let mut tests = Vec::new();
    for facts in Facts::all() {
        for &variant in facts.variants {
            for &lock in facts.locks(variant) {
                for threads in threads() {
                    tests.push(test(facts, variant, lock, threads));
                }
            }
        }
        let name = format!("bottleneck/{}/names_its_variants", facts.kind);
        tests.push(Test::new(name, move || names_its_variants(facts)));
    }
    let mut test = |name: &str, body: fn() -> Result<()>| tests.push(Test::new(name, body));
    test("bottleneck/reports_waits_for_locks", reports_waits);
    test("bottleneck/pauses_after_each_burst", pauses);
    tests
}

/// Returns the settings of its check.
fn config(facts: &Facts) -> Result<Config> {
    let mut config = Config {
        case: facts.kind,
        run_ms: 50,
        ..Config::default()
    };
    config
        .take(facts.check, vcpus())
        .map_err(|refusal| anyhow!("{refusal}"))?;
    Ok(config)
}

fn test(facts: &'static Facts, variant: Variant, lock: Lock, threads: u32) -> Test {
    let (verb, busted) = match (variant, threads) {
        (Variant::Busted, 1) => ("runs", false),
        (Variant::Busted, _) => ("is_caught", true),
        (_, 1) => ("runs", false),
        _ => ("holds", false),
    };
    let name = format!(
        "bottleneck/{}/{variant}/{lock}/{verb}_with_{threads}",
        facts.kind
    );
    Test::new(name, move || {
        let config = Config {
            variant,
            lock,
            threads,
            ..config(facts)?
        };
        if busted {
            return caught(config);
        }
        if threads == 1 {
            return alone(&config);
        }
        let report = comes_out::<Bottleneck>(&config, Outcome::Pass)?;
        ensure!(
            report.sum.wrong == 0 && report.sum.min > 0,
            "{}",
            report.sum
        );
        // What is due may be zero.
        ensure!(!report.findings.is_empty(), "no findings");
        Ok(())
    })
}

/// Doubles the length of the run until the oracle catches the variant.
fn caught(mut config: Config) -> Result<()> {
    let module = fresh::<Bottleneck>()?;
    loop {
        config.run_ms *= 2;
        let report = run(&module, &config)?;
        if report.outcome() == Outcome::Caught {
            return Ok(());
        }
        ensure!(config.run_ms < 5000, "{}: {}", report.outcome(), report.sum);
    }
}

/// One thread breaks no promise and waits for no lock; `busted` may break by itself.
fn alone(config: &Config) -> Result<()> {
    let report = run(&fresh::<Bottleneck>()?, config)?;
    let outcome = report.outcome();
    let busted = config.variant == Variant::Busted;
    ensure!(outcome == Outcome::Skip || busted, "{outcome}");
    ensure!(report.sum.ops > 0, "{}", report.sum);
    // The kernel's sleeping locks do not report contention.
    let reports = !matches!(config.variant, Variant::Mutex | Variant::Rwsem);
    ensure!(
        report.threads[0].waits == 0 || !reports,
        "{}",
        report.threads[0]
    );
    Ok(())
}

fn names_its_variants(facts: &Facts) -> Result<()> {
    let module = fresh::<Bottleneck>()?;
    let other = Variant::ALL.iter().find(|v| !facts.variants.contains(v));
    let other = other.ok_or_else(|| anyhow!("{} has every variant", facts.kind))?;
    let (dir, text) = (module.dir(), format!("case={} variant={other}", facts.kind));
    dir.set(&text)?;
    refused(dir, "run", b"start", rustix::io::Errno::INVAL, other.name())?;
    let why = dir.refusal()?;
    ensure!(
        facts.variants.iter().all(|v| why.contains(v.name())),
        "{why}"
    );
    Ok(())
}

/// There are as many samples as acquisitions, and threads wait for one lock.
fn reports_waits() -> Result<()> {
    let config = Config {
        case: Kind::MountLookup,
        variant: Variant::Spinlock,
        threads: vcpus(),
        run_ms: 200,
        ..Config::default()
    };
    let report = comes_out::<Bottleneck>(&config, Outcome::Pass)?;
    let locks: u64 = report.threads.iter().map(|thread| thread.locks).sum();
    let waits: u64 = report.threads.iter().map(|thread| thread.waits).sum();
    ensure!(locks >= report.sum.ops, "{locks} locks for {}", report.sum);
    ensure!(
        report.waits().count() == locks,
        "{}",
        report.waits().count()
    );
    ensure!(
        waits > 0 && waits <= locks,
        "{waits} waits for {locks} locks"
    );
    let rcu = Config {
        variant: Variant::Rcu,
        ..config
    };
    let report = comes_out::<Bottleneck>(&rcu, Outcome::Pass)?;
    ensure!(
        report.threads.iter().all(|t| t.locks == 0),
        "RCU took locks"
    );
    Ok(())
}

fn pauses() -> Result<()> {
    let config = Config {
        burst: 1,
        idle_ns: 10_000_000,
        run_ms: 100,
        ..Config::default()
    };
    let report = comes_out::<Bottleneck>(&config, Outcome::Pass)?;
    // Ten pauses in 100 ms, and what comes when all have to do something.
    let most = report.sum.elapsed_ns / u64::from(config.idle_ns) + 2;
    ensure!(report.sum.max <= most, "{}, not {most}", report.sum);
    Ok(())
}
