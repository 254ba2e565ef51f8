// SPDX-License-Identifier: GPL-2.0

//! Tests that every policy covers its range, odd ranges too, and that a busted one is caught.

mod bounds;
mod ends;
pub mod oracle;

use abi::job_runner::{JobFunction, Policy};
use anyhow::{ensure, Result};
use results::{vcpus, JobRunner, Outcome, Report};

use super::expect::{test, threads};
use crate::{subject::run_with, suite::Test};

pub fn tests() -> Vec<Test> {
    let mut tests = Vec::new();
    for &policy in Policy::ALL {
        let each = threads().into_iter();
        tests.extend(each.map(|threads| covers(policy, JobFunction::Spin, threads)));
        tests.push(covers(policy, JobFunction::ClearPages, vcpus()));
        let name = format!("job/{policy}/covers_odd_ranges");
        tests.push(Test::new(name, move || odd_ranges(policy)));
    }
    let jobs = JobFunction::ALL.iter();
    tests.extend(jobs.map(|&job| covers(Policy::StealAware, job, vcpus())));
    tests.extend(ends::tests());
    tests.extend(bounds::tests());
    tests.extend(oracle::tests());
    tests
}

fn covers(policy: Policy, job: JobFunction, threads: u32) -> Test {
    // Each index of clear-huge takes 2 MiB.
    let size = if job == JobFunction::ClearHuge {
        20
    } else {
        500
    };
    let text = format!(
        "policy={policy} job={job} max_threads={threads} size={size} fail_at=1048576 helpers=100"
    );
    let name = |verb| format!("job/{policy}/{job}/{verb}_with_{threads}");
    match policy.is_busted() {
        // One worker may take the range in one chunk, which hides the mistake.
        true if threads == 1 => Test::new(name("is_caught_if_in_chunks"), move || judge(&text)),
        true => test::<JobRunner>(name("is_caught"), text, Outcome::Caught),
        false => test::<JobRunner>(name("covers"), text, Outcome::Pass),
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

fn odd_ranges(policy: Policy) -> Result<()> {
    for [start, size, align, min_chunk] in ODD {
        for threads in threads() {
            judge(&format!(
                "policy={policy} start={start} size={size} align={align} min_chunk={min_chunk} \
                 max_threads={threads} work_ns=0"
            ))?;
        }
    }
    // More workers than indices.
    judge(&format!("policy={policy} size=1 max_threads=max"))
}

/// Runs a job and checks that it covers its range, unless its policy is busted.
fn judge(text: &str) -> Result<()> {
    let report: JobRunner = run_with(text)?;
    let (sum, outcome) = (report.sum, report.outcome());
    ensure!(!outcome.failed(), "{text}: {outcome}: {sum}");
    if !report.config.policy.is_busted() {
        let due = match report.config.size {
            0 => Outcome::NotMeasured,
            _ => Outcome::Pass,
        };
        let covered = outcome == due && sum.once == report.config.size;
        ensure!(covered, "{text}: {outcome}: {sum}");
    }
    Ok(())
}
