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
    suite::{Found, Test},
};

pub fn tests() -> Vec<Test> {
    let mut tests = vec![random_jobs(10_000, 1)];
    tests.extend([Policy::Busted, Policy::Drops].map(|policy| {
        let name = format!("job/oracle/{policy}_is_caught");
        let text = format!("{JOBS} policy={policy} check=1000");
        test::<JobRunner>(name, text, Outcome::Caught)
    }));
    tests
}

const JOBS: &str = "size=4096 max_threads=max limit_ms=60000";

/// Jobs of one run. On a busy host fewer are done until its time limit, under KASAN a fifth; these count.
const RUN: u32 = 2000;

/// A test of `jobs` random jobs, of `seed` and those after it.
pub fn random_jobs(jobs: u32, seed: u32) -> Test {
    let name = format!("job/oracle/{jobs}_random_jobs_are_sound");
    Test::new(name, move || random(jobs, seed))
}

fn random(jobs: u32, seed: u32) -> Result<Found> {
    let (mut sum, mut done, mut offline) = ([0; 4], 0, 0);
    for seed in seed.. {
        let count = RUN.min(jobs - done);
        let (oracle, times) = with_hotplug(count, seed)?;
        let some = (1..=u64::from(count)).contains(&oracle.jobs);
        ensure!(some && oracle.sound == oracle.jobs, "seed {seed}: {oracle}");
        let each = [oracle.failed, oracle.cancelled, oracle.late, oracle.undid];
        sum.iter_mut().zip(each).for_each(|(all, n)| *all += n);
        done += oracle.jobs as u32;
        offline += times;
        if done == jobs {
            break;
        }
    }
    // Every kind of job was among them.
    let least = u64::from(jobs / 100);
    let [failed, cancelled, late, undid] = sum;
    Ok(
        Found::new(format!("{jobs} jobs, vCPUs offline: {offline} times"))
            .with("jobs", jobs)
            .with("failed", failed)
            .with("cancelled", cancelled)
            .with("late", late)
            .with("undid", undid)
            .with("hotplugs", offline)
            .require(sum.iter().all(|&n| n >= least), format!("{sum:?}")),
    )
}

/// Random jobs while the last vCPU goes offline and comes back; returns how often it did.
fn with_hotplug(jobs: u32, seed: u32) -> Result<(Oracle, u32)> {
    let module = fresh::<JobRunner>()?;
    let text = format!("{JOBS} check={jobs} seed={seed}");
    let number = module.start(&settings::<JobRunner>(&text)?)?;
    let mut times = 0;
    while module.dir().state()? != State::Idle {
        // Back at once: a thread that is put on a vCPU as it goes would make the kernel complain.
        drop(Offline::last()?);
        times += 1;
    }
    settle(&module)?;
    let report = module.result(number)?;
    let (outcome, unsound) = (report.outcome(), report.unsound);
    let sound = matches!(outcome, Outcome::Pass | Outcome::CutShort);
    ensure!(sound && unsound.is_none(), "{} {unsound:?}", report.oracle);
    ensure!(times > 0, "no vCPU went offline");
    Ok((report.oracle, times))
}
