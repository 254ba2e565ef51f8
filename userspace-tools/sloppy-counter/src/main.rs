// SPDX-License-Identifier: GPL-2.0

//! `sloppy-counter`: the tool of sloppy-counter.ko.

#![forbid(unsafe_code)]

mod bench;
mod check;
mod compare;
mod knee;
mod ratios;
mod show;
mod watch;

use std::path::Path;

use clap::Subcommand;
use debugfs::{tool::Own, tool::Tool};
use results::{Cell, SloppyCounter, Verdict};

/// The tool's own commands.
#[derive(Subcommand)]
enum Command {
    /// Measure additions and reads of every counter, interleaved
    Bench(bench::Bench),
    /// Run once and show the counter's value during the run
    Watch(watch::Watch),
    /// Test what counters promise, under hotplug, folds and threshold changes
    Check(check::Check),
}

impl Own for Command {
    fn obey(self, root: &Path) -> anyhow::Result<Verdict> {
        match self {
            Self::Bench(bench) => bench.obey::<SloppyCounterTool>(root),
            Self::Watch(watch) => watch.obey(root),
            Self::Check(check) => check.obey(root),
        }
    }
}

enum SloppyCounterTool {}

impl Tool for SloppyCounterTool {
    type Report = SloppyCounter;
    type Own = Command;
    const SHOW: fn(&Self::Report) -> String = show::show;
    const COMPARE: fn(&[Cell<Self::Report>]) -> String = compare::compare;
    const ABOUT: &'static str = env!("CARGO_PKG_DESCRIPTION");
    const EXAMPLES: &'static str = "  \
  sloppy-counter run --counter sloppy --threads 8 --threshold 1024
  sloppy-counter bench --threads 1,2,8
  sloppy-counter sweep --counter exact,percpu_counter,sloppy --threads 1,2,4,8 --repeat 3
  sloppy-counter sweep --threads 8 --audit on --threshold 1,4,16,64,256,1024,4096
  sloppy-counter watch counter=sloppy threads=8 threshold=4096 run_ms=10000
  sloppy-counter check --seconds 2";
}

debugfs::tool_main!(SloppyCounterTool);
