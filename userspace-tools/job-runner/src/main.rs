// SPDX-License-Identifier: GPL-2.0

//! Drives job-runner.ko: one range, many workers.

#![forbid(unsafe_code)]

mod account;
mod beside;
mod compare;
mod live;
mod show;
mod trace;

use std::{process::ExitCode, sync::atomic::AtomicBool};

use debugfs::{tool::Tool, Dir};
use results::{Cell, JobRunner};

enum JobRunnerTool {}

impl Tool for JobRunnerTool {
    type Report = JobRunner;
    type Own = live::Own;
    const ABOUT: &'static str = env!("CARGO_PKG_DESCRIPTION");
    const EXAMPLES: &'static str = "  \
  job-runner run --policy padata --job spin --size 100000 --max-threads 8
  job-runner sweep --policy static,padata,steal_aware --max-threads 1,2,4,8 --helpers 100 --repeat 3
  job-runner run --job clear-pages --size 4096 --align 512 --max-threads 4 --json
  job-runner run --job fault --fail-at 700 --undo on --max-threads 4
  job-runner run --check 10000 --size 2000 --max-threads 8
  job-runner run --size 20000 --max-threads 4 --trace on && job-runner trace >trace.json";
    const MEANINGS: &'static [&'static str] = &[
        "How the range is handed out to workers",
        "What is done at each index",
        "The first index",
        "How many indices: a page each, a huge page, a descriptor, or work_ns of time",
        "Chunks end at multiples of this, the last one apart; 0 is taken as 1",
        "The least that is worth handing out; 0 is taken as 1",
        "Workers at most, the caller among them; worker i is on the i-th vCPU",
        "Work at each index (spin, uneven, fault), in ns of an undisturbed vCPU",
        "The job is given up after this, in ms",
        "Chunks a worker gets on average (padata, cursor); padata has 4",
        "Chunks that a worker takes before it does any of them; more than 1 only to measure that",
        "The index at which fault fails, counted from start",
        "Whether a job that does not end well undoes what was done",
        "How nice helpers are",
        "CPU time that the job may take, in percent of one CPU; 0 is no bound",
        "vCPUs for workers, besides what the affinity and cpuset of this command allow",
        "NUMA nodes, each with its part of the range and its vCPUs; 0: the machine's",
        "Whether workers help out on other nodes",
        "Helpers at work at a time, in all and on a node, in percent of the vCPUs",
        "Helpers that cannot be had, as if memory were short",
        "How helpers are started",
        "Jobs at a time, each with its own part of the range",
        "Whether each call of the job's function is again a job",
        "Random jobs instead of one, each held against the oracle",
        "What random jobs are drawn from",
        "Whether each chunk is recorded",
        "Whether plain loops do the same work first, on one vCPU after the other",
    ];

    fn live(dir: &Dir, ended: &AtomicBool) {
        live::bar(dir, ended);
    }

    fn show(report: &JobRunner) -> String {
        show::show(report)
    }

    fn compare(points: &[Cell<JobRunner>]) -> String {
        compare::compare(points)
    }
}

fn main() -> ExitCode {
    debugfs::tool::main::<JobRunnerTool>()
}

#[cfg(test)]
mod tests {
    #[test]
    fn man_page_and_completions_are_written() {
        cli_docs::write(debugfs::tool::command::<super::JobRunnerTool>());
    }
}
