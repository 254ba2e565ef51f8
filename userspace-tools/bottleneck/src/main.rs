// SPDX-License-Identifier: GPL-2.0

//! Drives bottleneck.ko: the kernel's bottlenecks, each before and after its fix.

#![forbid(unsafe_code)]

mod compare;
mod show;

use std::{convert::Infallible, process::ExitCode};

use abi::bottleneck::{About, CASES};
use debugfs::{
    tool::{grid, Point, Tool},
    Bottleneck,
};

enum BottleneckTool {}

impl Tool for BottleneckTool {
    type Report = Bottleneck;
    type Own = Infallible;
    const ABOUT: &'static str = env!("CARGO_PKG_DESCRIPTION");
    const EXAMPLES: &'static str = "  \
  bottleneck list
  bottleneck run --case stats --variant percpu --threads 8
  bottleneck sweep --case stats --variant exact,percpu --threads 1,2,4,8 --repeat 5";
    const MEANINGS: &'static [&'static str] = &[
        "What is fought over",
        "How it is done; each case has some of these, see below",
        "The lock, where the variant has one",
        "Threads; thread i is bound to the i-th online vCPU",
        "Length of the run, in ms",
        "The pause after each burst, in ns",
        "Operations that follow each other at once",
        "How many of 1000 operations change what the others look up",
        "Components of a path, entries of a bucket, or generations of processes",
        "What the case has of: mounts, entries, pages, numbers in a batch",
        "What is rare happens once in so many operations; 0: never",
        "All threads start from one directory (path_walk), or each from its own",
    ];

    fn notes() -> String {
        let mut cases = grid(&["case", "variants", "what is fought over", "found in"]);
        for about in CASES {
            let About {
                case,
                seed,
                resource,
                ..
            } = about;
            cases.add_row([case.name(), &variants(about), resource, seed]);
        }
        cases.trim_fmt()
    }

    fn show(report: &Bottleneck) -> String {
        show::show(report)
    }

    fn compare(points: &[Point<Bottleneck>]) -> String {
        compare::compare(points)
    }
}

fn variants(about: &About) -> String {
    let names = about.variants.iter().map(|variant| variant.name());
    names.collect::<Vec<_>>().join("\n")
}

fn main() -> ExitCode {
    debugfs::tool::main::<BottleneckTool>()
}
