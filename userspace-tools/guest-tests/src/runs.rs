// SPDX-License-Identifier: GPL-2.0

//! Every lock, counter, policy and bottleneck, on one vCPU, on two and on all.

mod bottlenecks;
mod counters;
mod jobs;
mod locks;
mod trials;

use anyhow::{ensure, Result};
use results::{vcpus, Outcome};

use crate::{
    subject::{fresh, run, Subject},
    suite::Test,
};

/// The tests of all loads.
pub fn tests() -> Vec<Test> {
    let groups = [
        locks::tests(),
        trials::tests(),
        counters::tests(),
        jobs::tests(),
        bottlenecks::tests(),
    ];
    groups.into_iter().flatten().collect()
}

/// One, two, and as many as there are.
fn threads() -> Vec<u32> {
    let mut threads = vec![1, 2, vcpus()];
    threads.dedup();
    threads
}

/// A test that runs `config` and expects it to come out so.
fn expect<R: Subject>(name: String, config: R::Config, outcome: Outcome) -> Test
where
    R::Config: 'static,
{
    Test::new(name, move || {
        comes_out::<R>(&config, outcome)?;
        Ok(())
    })
}

/// Runs `config` and expects it to come out so.
///
/// Where nothing was tested because one thread had the whole run to itself, as happens with many
/// vCPUs to a CPU, it is run again, a few times.
fn comes_out<R: Subject>(config: &R::Config, expected: Outcome) -> Result<R> {
    let module = fresh::<R>()?;
    let mut report = run(&module, config)?;
    for _ in 0..4 {
        if report.outcome() == expected || report.outcome() != Outcome::Skip {
            break;
        }
        report = run(&module, config)?;
    }
    let text = module.dir().report()?;
    ensure!(report.config() == config, "other settings: {text}");
    let outcome = report.outcome();
    ensure!(outcome == expected, "{outcome}, not {expected}: {text}");
    Ok(report)
}
