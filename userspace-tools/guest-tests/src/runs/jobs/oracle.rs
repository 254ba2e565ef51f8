// SPDX-License-Identifier: GPL-2.0

//! Ten thousand random jobs, while a vCPU comes and goes: each index exactly once, each undone
//! exactly once; a hand-out that drops or repeats is caught.

use abi::{
    job_runner::{Config, Oracle, Policy},
    status::State,
};
use anyhow::{ensure, Result};
use results::{vcpus, JobRunner, Outcome, Report};

use crate::{
    hotplug::Offline,
    subject::{fresh, run, settle},
    suite::Test,
};

/// The tests by random jobs.
pub fn tests() -> Vec<Test> {
    let mut tests = vec![Test::new("job/oracle/10000_random_jobs_are_sound", random)];
    for policy in [Policy::Busted, Policy::Drops] {
        let name = format!("job/oracle/{policy}_is_caught");
        tests.push(Test::new(name, move || caught(policy)));
    }
    tests
}

fn config() -> Config {
    Config {
        size: 4096,
        max_threads: vcpus(),
        limit_ms: 60_000,
        ..Config::default()
    }
}

/// In five runs of two thousand: on a busy host all at once would take longer than a run may.
fn random() -> Result<()> {
    let mut sum = [0; 4];
    for seed in 1..=5 {
        let oracle = with_hotplug(seed)?;
        ensure!(
            oracle.jobs == 2000 && oracle.sound == 2000,
            "seed {seed}: {oracle}"
        );
        let each = [oracle.failed, oracle.cancelled, oracle.late, oracle.undid];
        sum.iter_mut().zip(each).for_each(|(all, n)| *all += n);
    }
    // All that was drawn was there.
    ensure!(sum.iter().all(|&n| n >= 100), "{sum:?}");
    Ok(())
}

/// Random jobs while the last vCPU comes and goes.
fn with_hotplug(seed: u32) -> Result<Oracle> {
    let module = fresh::<JobRunner>()?;
    let number = module.start(&Config {
        check: 2000,
        seed,
        ..config()
    })?;
    let mut times = 0;
    while module.dir().state()? != State::Idle {
        // At once: whoever is put on a vCPU while it goes is what the kernel complains of.
        drop(Offline::last()?);
        times += 1;
    }
    settle(&module)?;
    let report = module.result(number)?;
    ensure!(report.outcome() == Outcome::Pass, "{}", report.oracle);
    ensure!(times > 0, "no vCPU went away");
    Ok(report.oracle)
}

fn caught(policy: Policy) -> Result<()> {
    let config = Config {
        policy,
        check: 1000,
        ..config()
    };
    let report = run(&fresh::<JobRunner>()?, &config)?;
    ensure!(report.outcome() == Outcome::Caught, "{}", report.oracle);
    Ok(())
}
