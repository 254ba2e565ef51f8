// SPDX-License-Identifier: GPL-2.0

//! Every policy covers its range, odd ranges too, and what does not is caught.

use abi::job_runner::{Config, Job, Policy};
use anyhow::{ensure, Result};
use debugfs::{vcpus, JobRunner, Outcome, Report};

use super::{expect, threads};
use crate::{
    subject::{fresh, run},
    suite::Test,
};

/// The tests of `job-runner`'s runs.
pub fn tests() -> Vec<Test> {
    let mut tests = Vec::new();
    for &policy in Policy::ALL {
        for &job in Job::ALL {
            for threads in threads() {
                tests.push(test(policy, job, threads));
            }
        }
        tests.push(odd_ranges(policy));
        tests.push(limit(policy));
    }
    tests
}

fn test(policy: Policy, job: Job, max_threads: u32) -> Test {
    let config = Config {
        policy,
        job,
        max_threads,
        size: 500,
        ..Config::default()
    };
    let name = |verb| format!("job/{policy}/{job}/{verb}_with_{max_threads}");
    match policy {
        // One worker takes it in one chunk, or in several: then it must show.
        Policy::Busted if max_threads == 1 => {
            Test::new(name("is_caught_if_in_chunks"), move || judge(&config))
        }
        Policy::Busted => expect::<JobRunner>(name("is_caught"), config, Outcome::Caught),
        _ => expect::<JobRunner>(name("covers"), config, Outcome::Held),
    }
}

/// Start, size, align, min_chunk.
const ODD: [[u64; 4]; 14] = [
    [0, 0, 1, 1],
    [7, 0, 64, 64],
    [0, 1, 1, 1],
    [1 << 40, 1, 1, 1],
    [0, 997, 1, 1],
    [13, 997, 7, 3],
    [0, 1000, 0, 1],
    [0, 1000, 1, 0],
    [0, 1000, 0, 0],
    [3, 100, 128, 1],
    [3, 100, 1 << 24, 1 << 24],
    [1, 511, 512, 1],
    [0, 1000, 1, 1 << 24],
    [(1 << 40) - 1, 1009, 11, 5],
];

fn odd_ranges(policy: Policy) -> Test {
    let name = format!("job/{policy}/covers_odd_ranges");
    Test::new(name, move || {
        for [start, size, align, min_chunk] in ODD {
            for max_threads in threads() {
                judge(&Config {
                    policy,
                    job: Job::Spin,
                    start,
                    size,
                    align,
                    min_chunk,
                    max_threads,
                    work_ns: 0,
                    ..Config::default()
                })?;
            }
        }
        // More workers than there is work for.
        judge(&Config {
            policy,
            size: 1,
            max_threads: vcpus(),
            ..Config::default()
        })
    })
}

/// Runs it and holds it against what must come out, which the report itself judges.
fn judge(config: &Config) -> Result<()> {
    let module = fresh::<JobRunner>()?;
    let report = run(&module, config)?;
    let (sum, outcome) = (report.sum, report.outcome());
    ensure!(!outcome.failed(), "{config}: {outcome}: {sum}");
    if config.policy != Policy::Busted {
        ensure!(sum.once == config.size, "{config}: {sum}");
        ensure!(outcome == Outcome::Held, "{config}: {outcome}: {sum}");
    }
    Ok(())
}

/// A job that takes too long is given up, and what was done until then is told.
fn limit(policy: Policy) -> Test {
    let name = format!("job/{policy}/is_given_up_at_its_limit");
    Test::new(name, move || {
        let config = Config {
            policy,
            size: 1 << 16,
            work_ns: 1_000_000,
            max_threads: vcpus(),
            limit_ms: 50,
            ..Config::default()
        };
        let report = run(&fresh::<JobRunner>()?, &config)?;
        let sum = report.sum;
        ensure!(sum.cut_short == 1 && sum.missed > 0, "{sum}");
        let allowed = [Outcome::CutShort, Outcome::Caught];
        ensure!(allowed.contains(&report.outcome()), "{}", report.outcome());
        let caught = report.outcome() == Outcome::Caught;
        ensure!(!caught || policy == Policy::Busted, "{sum}");
        Ok(())
    })
}
