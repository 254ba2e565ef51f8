// SPDX-License-Identifier: GPL-2.0

//! Drives job-runner.ko: one range, many workers.

#![forbid(unsafe_code)]

mod compare;
mod show;

use std::{convert::Infallible, process::ExitCode};

use debugfs::{
    tool::{Point, Tool},
    JobRunner,
};

enum JobRunnerTool {}

impl Tool for JobRunnerTool {
    type Report = JobRunner;
    type Own = Infallible;
    const ABOUT: &'static str = env!("CARGO_PKG_DESCRIPTION");
    const EXAMPLES: &'static str = "  \
  job-runner run --policy padata --job spin --size 100000 --max-threads 8
  job-runner sweep --policy static,padata,guided --max-threads 1,2,4,8 --repeat 3
  job-runner run --job clear-pages --size 4096 --align 512 --max-threads 4 --json";
    const MEANINGS: &'static [&'static str] = &[
        "How the range is handed out to workers",
        "What is done at each index: burn work_ns, or clear a page",
        "The first index",
        "How many indices",
        "Chunks end at multiples of this, the last one apart; 0 is taken as 1",
        "The least that is worth handing out; 0 is taken as 1",
        "Workers at most; worker i is bound to the i-th online vCPU",
        "Work at each index (`spin`), in ns of an undisturbed vCPU",
        "The job is given up after this, in ms",
    ];

    fn show(report: &JobRunner) -> String {
        show::show(report)
    }

    fn compare(points: &[Point<JobRunner>]) -> String {
        compare::compare(points)
    }
}

fn main() -> ExitCode {
    debugfs::tool::main::<JobRunnerTool>()
}
