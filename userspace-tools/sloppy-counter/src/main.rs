// SPDX-License-Identifier: GPL-2.0

//! Drives sloppy-counter.ko: exact and sloppy counters.

#![forbid(unsafe_code)]

mod compare;
mod show;

use std::{convert::Infallible, process::ExitCode};

use debugfs::{
    tool::{Point, Tool},
    SloppyCounter,
};

enum SloppyCounterTool {}

impl Tool for SloppyCounterTool {
    type Report = SloppyCounter;
    type Own = Infallible;
    const ABOUT: &'static str = env!("CARGO_PKG_DESCRIPTION");
    const EXAMPLES: &'static str = "  \
  sloppy-counter run --counter sloppy --threads 8 --threshold 1024
  sloppy-counter sweep --counter exact,percpu_counter,sloppy --threads 1,2,4,8 --repeat 3
  sloppy-counter sweep --counter sloppy --threads 8 --threshold 1,16,256,4096 --json";
    const MEANINGS: &'static [&'static str] = &[
        "The counter under test",
        "Threads; thread i is bound to the i-th online vCPU",
        "How much a vCPU may hold back (`sloppy`)",
        "Length of the run, in ms",
    ];

    fn show(report: &SloppyCounter) -> String {
        show::show(report)
    }

    fn compare(points: &[Point<SloppyCounter>]) -> String {
        compare::compare(points)
    }
}

fn main() -> ExitCode {
    debugfs::tool::main::<SloppyCounterTool>()
}
