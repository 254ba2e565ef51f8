// SPDX-License-Identifier: GPL-2.0

//! Tests of timed steps: every lock has its acquisition, section and release timed in every round.

use abi::{lock_load::Lock, trial::Step};
use anyhow::{ensure, Context, Result};
use results::{LockLoad, Report};
use rustix::io::Errno;

use crate::{
    subject::{run_with, start_refused},
    suite::{group, Test},
};

pub fn tests() -> Vec<Test> {
    let mut tests = group(
        "steps",
        &[
            ("are_refused_of_several_threads", several),
            ("that_are_cut_short_fail", cut_short),
        ],
    );
    tests.extend(Lock::ALL.iter().map(|&lock| {
        let name = format!("steps/of_{lock}_are_timed_in_every_round");
        Test::new(name, move || timed(lock))
    }));
    tests
}

fn timed(lock: Lock) -> Result<()> {
    let text = format!("load=steps lock={lock} threads=1 rounds=2000 run_ms=20000");
    let report: LockLoad = run_with(&text)?;
    report.check().map_err(anyhow::Error::msg)?;
    ensure!(!report.outcome().failed(), "{}", report.outcome());
    for &step in Step::ALL {
        let steps = report.steps_of(step).context("a step is missing")?;
        // A clock reading is in each of them.
        ensure!(steps.rounds == 2000 && steps.least > 0, "{steps}");
    }
    ensure!(report.sum.lost == 0, "{}", report.sum);
    Ok(())
}

fn cut_short() -> Result<()> {
    let report: LockLoad = run_with("load=steps threads=1 rounds=100000000 run_ms=20")?;
    report.check().map_err(anyhow::Error::msg)?;
    ensure!(report.outcome().failed(), "{}", report.outcome());
    Ok(())
}

fn several() -> Result<()> {
    for (words, errno, why) in [
        (
            "threads=2",
            Errno::RANGE,
            "`load=steps threads=2`: the steps of one thread are timed; allowed: 1",
        ),
        (
            "threads=1 acquire=try",
            Errno::INVAL,
            "`load=steps`: a trial takes no torture options;",
        ),
    ] {
        let text = format!("load=steps {words}");
        start_refused::<LockLoad>(&text, errno, &format!(" run: {why}"))?;
    }
    Ok(())
}
