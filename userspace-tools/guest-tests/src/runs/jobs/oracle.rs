// SPDX-License-Identifier: GPL-2.0

//! Tests by ten thousand random jobs during hotplug: each index is done exactly once, or undone
//! exactly once; a policy that drops or repeats an index is caught.

use abi::{
    job_runner::{Oracle, Policy},
    status::State,
};
use anyhow::{ensure, Result};
use results::{JobRunner, Outcome, Report};

use crate::{
    hotplug::Offline,
    runs::expect::test,
    subject::{fresh, settings, settle},
    suite::Test,
};

pub fn tests() -> Vec<Test> {
    let mut tests = vec![Test::new("job/oracle/10000_random_jobs_are_sound", random)];
    tests.extend([Policy::Busted, Policy::Drops].map(|policy| {
        let name = format!("job/oracle/{policy}_is_caught");
        let text = format!("{JOBS} policy={policy} check=1000");
        test::<JobRunner>(name, text, Outcome::Caught)
    }));
    tests
}

const JOBS: &str = "size=4096 max_threads=max limit_ms=60000";

/// In five runs of two thousand, so that none exceeds its time limit on a busy host.
fn random() -> Result<()> {
    let mut sum = [0; 4];
    for seed in 1..=5 {
        let oracle = with_hotplug(seed)?;
        let sound = oracle.jobs == 2000 && oracle.sound == 2000;
        ensure!(sound, "seed {seed}: {oracle}");
        let each = [oracle.failed, oracle.cancelled, oracle.late, oracle.undid];
        sum.iter_mut().zip(each).for_each(|(all, n)| *all += n);
    }
    // Every kind of job was among them.
    ensure!(sum.iter().all(|&n| n >= 100), "{sum:?}");
    Ok(())
}

/// Random jobs while the last vCPU goes offline and comes back.
fn with_hotplug(seed: u32) -> Result<Oracle> {
    let module = fresh::<JobRunner>()?;
    let text = format!("{JOBS} check=2000 seed={seed}");
    let number = module.start(&settings::<JobRunner>(&text)?)?;
    let mut times = 0;
    while module.dir().state()? != State::Idle {
        // Back at once: a thread that is put on a vCPU as it goes would make the kernel complain.
        drop(Offline::last()?);
        times += 1;
    }
    settle(&module)?;
    let report = module.result(number)?;
    ensure!(report.outcome() == Outcome::Pass, "{}", report.oracle);
    ensure!(times > 0, "no vCPU went offline");
    Ok(report.oracle)
}
