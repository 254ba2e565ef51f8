// SPDX-License-Identifier: GPL-2.0

//! Every lock excludes, and what does not is caught.

use abi::lock_load::{Config, KernelLock, Lock};
use anyhow::ensure;
use results::{vcpus, LockLoad, Outcome, Report};

use super::{comes_out, expect, threads};
use crate::suite::Test;

/// The tests of `lock-load`'s runs.
pub fn tests() -> Vec<Test> {
    let mut tests = Vec::new();
    for &lock in Lock::ALL {
        for threads in threads() {
            tests.push(test(lock, threads));
        }
    }
    for &lock in Lock::ALL {
        tests.push(extremes(lock));
    }
    tests.push(Test::new("lock/the_kernels_own_is_told", kernels_own));
    tests.push(Test::new(
        "lock/each_thread_has_a_vcpu_of_its_own",
        own_vcpu,
    ));
    tests
}

fn test(lock: Lock, threads: u32) -> Test {
    let facts = lock.facts();
    let (verb, outcome) = match threads {
        _ if facts.promises_nothing => ("promises_nothing", Outcome::Skip),
        1 if facts.never_excludes => ("is_not_caught", Outcome::Skip),
        _ if facts.never_excludes => ("is_caught", Outcome::Caught),
        // One thread alone shows little.
        1 => ("runs", Outcome::Skip),
        _ => ("excludes", Outcome::Pass),
    };
    let config = Config {
        lock,
        threads,
        run_ms: if facts.never_excludes { 200 } else { 50 },
        ..Config::default()
    };
    let name = format!("lock/{lock}/{verb}_with_{threads}");
    if verb == "runs" {
        return Test::new(name, move || alone(&config));
    }
    expect::<LockLoad>(name, config, outcome)
}

/// One thread on its own never waits: it is either untested or held, and never halts.
fn alone(config: &Config) -> anyhow::Result<()> {
    let held = crate::subject::run(&crate::subject::fresh::<LockLoad>()?, config)?;
    let outcome = Report::outcome(&held);
    ensure!(!outcome.failed() && outcome != Outcome::Caught, "{outcome}");
    ensure!(held.sum.sections > 0 && held.sum.halts == 0, "{}", held.sum);
    Ok(())
}

/// The shortest run, and sections of no length and of the greatest.
fn extremes(lock: Lock) -> Test {
    Test::new(format!("lock/{lock}/bears_extreme_settings"), move || {
        let module = crate::subject::fresh::<LockLoad>()?;
        for (hold_ns, idle_ns, run_ms) in [(0, 0, 20), (1_000_000, 0, 1), (0, 1_000_000, 20)] {
            let config = Config {
                lock,
                threads: vcpus(),
                hold_ns,
                idle_ns,
                run_ms,
                ..Config::default()
            };
            let report = crate::subject::run(&module, &config)?;
            let outcome = Report::outcome(&report);
            ensure!(outcome != Outcome::Fail, "{config}: {}", report.sum);
        }
        Ok(())
    })
}

fn kernels_own() -> anyhow::Result<()> {
    let config = Config {
        lock: Lock::KernelRawSpin,
        run_ms: 20,
        ..Config::default()
    };
    let module = crate::subject::fresh::<LockLoad>()?;
    let machine = crate::subject::run(&module, &config)?.machine;
    ensure!(machine.kernel_lock != KernelLock::Unknown, "{machine}");
    ensure!(machine.loops_per_us > 0, "{machine}");
    Ok(())
}

fn own_vcpu() -> anyhow::Result<()> {
    let config = Config {
        lock: Lock::Ttas,
        threads: vcpus(),
        run_ms: 20,
        ..Config::default()
    };
    let report = comes_out::<LockLoad>(&config, Outcome::Pass)?;
    let mut vcpus: Vec<_> = report.threads.iter().map(|t| t.vcpu).collect();
    vcpus.dedup();
    ensure!(vcpus.len() == report.threads.len(), "shared: {vcpus:?}");
    ensure!(
        report.threads.iter().all(|t| t.moved == 0),
        "a thread moved"
    );
    Ok(())
}
