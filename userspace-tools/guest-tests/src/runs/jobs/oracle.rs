// SPDX-License-Identifier: GPL-2.0

//! Ten thousand random jobs, while a vCPU comes and goes: each index exactly once, each undone
//! exactly once; a hand-out that drops or repeats is caught.

use std::{thread::sleep, time::Duration};

use abi::job_runner::{Config, Policy};
use anyhow::{ensure, Result};
use debugfs::{vcpus, JobRunner, Outcome, Report};

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
        check: 10_000,
        limit_ms: 60_000,
        ..Config::default()
    }
}

fn random() -> Result<()> {
    let module = fresh::<JobRunner>()?;
    let number = module.start(&config())?;
    let mut times = 0;
    while module.dir().state()? != abi::status::State::Idle {
        let offline = Offline::last()?;
        sleep(Duration::from_millis(20));
        drop(offline);
        sleep(Duration::from_millis(20));
        times += 1;
    }
    settle(&module)?;
    let report = module.result(number)?;
    let oracle = report.oracle;
    ensure!(report.outcome() == Outcome::Held, "{oracle}");
    ensure!(oracle.jobs == 10_000 && oracle.sound == 10_000, "{oracle}");
    // All that was drawn was there.
    let each = [oracle.failed, oracle.cancelled, oracle.late, oracle.undid];
    ensure!(each.iter().all(|&n| n >= 100), "{oracle}");
    ensure!(times > 0, "no vCPU went away");
    Ok(())
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
