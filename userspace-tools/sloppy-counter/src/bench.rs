// SPDX-License-Identifier: GPL-2.0

//! `bench`: additions and reads of every counter, interleaved.

use std::path::Path;

use abi::sloppy_counter::{Config, Counter};
use clap::{value_parser, Args};
use debugfs::{
    tool::{self, Tool},
    Module,
};
use results::{vcpus, SloppyCounter, Verdict};

/// The flags.
#[derive(Args)]
#[command(after_help = "Example: sloppy-counter bench --threads 1,2 --threshold 256 --repeat 5")]
pub struct Bench {
    /// Threads, each bound to a vCPU [default: 1 and all]
    #[arg(long, value_name = "A,B,…", value_delimiter = ',', value_parser = value_parser!(u32).range(1..))]
    threads: Vec<u32>,
    /// Count that a vCPU may hold back
    #[arg(long, default_value_t = 256, value_parser = value_parser!(u32).range(1..=1 << 20))]
    threshold: u32,
    /// Repeats, interleaved: every counter runs once before any runs again
    #[arg(long, default_value_t = 3, value_parser = value_parser!(u32).range(1..))]
    repeat: u32,
    /// Length of each run, in ms
    #[arg(long, default_value_t = 100, value_parser = value_parser!(u32).range(1..=60_000))]
    run_ms: u32,
    /// Print each run as one record of JSON on a line of its own
    #[arg(long)]
    json: bool,
}

impl Bench {
    /// Runs every counter with each number of threads.
    pub fn obey<T: Tool<Report = SloppyCounter>>(mut self, root: &Path) -> anyhow::Result<Verdict> {
        if self.threads.is_empty() {
            self.threads = vec![1, vcpus()];
            self.threads.dedup();
        }
        let with = |threads: u32| {
            Counter::ALL.iter().map(move |&counter| Config {
                counter,
                threads,
                threshold: self.threshold,
                run_ms: self.run_ms,
                // As many reads as additions.
                reads: 50,
                ..Config::default()
            })
        };
        let configs: Vec<Config> = self.threads.iter().copied().flat_map(with).collect();
        let module = Module::open(root)?;
        tool::sweep::<T>(&module, &configs, self.repeat, self.json)
    }
}
