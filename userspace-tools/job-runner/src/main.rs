// SPDX-License-Identifier: GPL-2.0

//! `job-runner`: the tool of job-runner.ko.

#![forbid(unsafe_code)]

mod account;
mod beside;
mod compare;
mod live;
mod show;
mod trace;

use std::sync::atomic::AtomicBool;

use debugfs::{tool::Tool, Dir};
use results::{Cell, JobRunner};

enum JobRunnerTool {}

impl Tool for JobRunnerTool {
    type Report = JobRunner;
    type Own = live::Own;
    const SHOW: fn(&Self::Report) -> String = show::show;
    const COMPARE: fn(&[Cell<Self::Report>]) -> String = compare::compare;
    const ABOUT: &'static str = env!("CARGO_PKG_DESCRIPTION");
    const EXAMPLES: &'static str = "  \
  job-runner run --policy padata --job spin --size 100000 --max-threads 8
  job-runner sweep --policy static,padata,steal_aware --max-threads 1,2,4,8 --helpers 100 --repeat 3
  job-runner run --job clear-pages --size 4096 --align 512 --max-threads 4 --json
  job-runner run --job fault --fail-at 700 --undo on --max-threads 4
  job-runner run --check 10000 --size 2000 --max-threads 8
  job-runner run --size 20000 --max-threads 4 --trace on && job-runner trace >trace.json";

    fn live(dir: &Dir, ended: &AtomicBool) {
        live::bar(dir, ended);
    }
}

debugfs::tool_main!(JobRunnerTool);
