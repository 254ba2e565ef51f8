// SPDX-License-Identifier: GPL-2.0

//! Every policy covers its range, odd ranges too, and what does not is caught.

mod bounds;
mod ends;
mod oracle;

use abi::job_runner::{Config, JobFunction, Policy};
use anyhow::{ensure, Result};
use results::{vcpus, JobRunner, Outcome, Report};

use super::{expect, threads};
use crate::{
    subject::{fresh, run},
    suite::Test,
};

/// The tests of `job-runner`'s runs.
pub fn tests() -> Vec<Test> {
    let mut tests = Vec::new();
    for &policy in Policy::ALL {
        for threads in threads() {
            tests.push(test(policy, JobFunction::Spin, threads));
        }
        tests.push(test(policy, JobFunction::ClearPages, vcpus()));
        tests.push(odd_ranges(policy));
    }
    for &job in JobFunction::ALL {
        tests.push(test(Policy::StealAware, job, vcpus()));
    }
    tests.extend(ends::tests());
    tests.extend(bounds::tests());
    tests.extend(oracle::tests());
    tests
}

fn test(policy: Policy, job: JobFunction, max_threads: u32) -> Test {
    let config = Config {
        policy,
        job,
        max_threads,
        // Two megabytes each are soon too many.
        size: if job == JobFunction::ClearHuge {
            20
        } else {
            500
        },
        fail_at: 1 << 20,
        helpers: 100,
        ..Config::default()
    };
    let name = |verb| format!("job/{policy}/{job}/{verb}_with_{max_threads}");
    match policy.is_busted() {
        // One worker takes it in one chunk, or in several: then it must show.
        true if max_threads == 1 => {
            Test::new(name("is_caught_if_in_chunks"), move || judge(&config))
        }
        true => expect::<JobRunner>(name("is_caught"), config, Outcome::Caught),
        false => expect::<JobRunner>(name("covers"), config, Outcome::Pass),
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
                    job: JobFunction::Spin,
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
    if !config.policy.is_busted() {
        ensure!(sum.once == config.size, "{config}: {sum}");
        ensure!(outcome == Outcome::Pass, "{config}: {outcome}: {sum}");
    }
    Ok(())
}
