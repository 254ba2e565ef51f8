// SPDX-License-Identifier: GPL-2.0

//! Command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use serde::{Deserialize, Serialize};

const EXAMPLES: &str = "\
Examples:
  syscall-load list                                  the loads, one line each
  syscall-load run open_close --workers 2            two processes, operations per second
  syscall-load run page_fault --workers 2 --as threads
  syscall-load run mail --profile                    and where the CPUs spent their time
  syscall-load sweep open_close,open_close_separate  1, 2, 4 … workers, as processes and as threads";

fn after_help() -> String {
    format!("{EXAMPLES}\n\n{}", exit_code::help())
}

/// Scalability of the kernel's real system calls.
#[derive(Debug, Parser)]
#[command(name = "syscall-load", version, after_help = after_help())]
pub struct Cli {
    #[command(subcommand)]
    pub action: Action,
}

#[derive(Debug, Subcommand)]
pub enum Action {
    /// List the loads and what each contends for.
    List,
    /// Run a load with some workers.
    #[command(after_help = after_help())]
    Run(RunOptions),
    /// Run loads with growing numbers of workers, as processes and as threads.
    #[command(after_help = after_help())]
    Sweep(SweepOptions),
    /// One process of a run; `run` starts it.
    #[command(hide = true)]
    Worker(WorkerOptions),
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Each with an address space and a file table of its own.
    Processes,
    /// All in one process.
    Threads,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Self::Processes => "processes",
            Self::Threads => "threads",
        }
    }
}

/// Options of every run.
#[derive(Args, Clone, Debug)]
pub struct How {
    /// Time before the count starts, in milliseconds.
    #[arg(long, value_name = "MS", default_value_t = 200)]
    pub warm_up_ms: u64,
    /// Time of the count, in milliseconds.
    #[arg(long, value_name = "MS", default_value_t = 1000, value_parser = clap::value_parser!(u64).range(1..=600_000))]
    pub run_ms: u64,
    /// Let the scheduler place the workers; by default worker i is bound to the i-th CPU.
    #[arg(long)]
    pub no_pin: bool,
    /// Where the loads make their files, in a folder that is removed afterwards.
    #[arg(long, value_name = "DIR", default_value = "/tmp")]
    pub dir: PathBuf,
    /// Sample all CPUs during the count: parts of the time in the kernel, its locks, its functions (as root).
    #[arg(long)]
    pub profile: bool,
    /// Print JSON, one record a line.
    #[arg(long)]
    pub json: bool,
}

#[derive(Args, Debug)]
pub struct RunOptions {
    /// The load; `syscall-load list` shows them.
    pub load: String,
    /// Number of workers.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub workers: u32,
    /// Kind of the workers.
    #[arg(long = "as", value_name = "KIND", value_enum, default_value_t = Kind::Processes)]
    pub kind: Kind,
    #[command(flatten)]
    pub how: How,
}

#[derive(Args, Debug)]
pub struct SweepOptions {
    /// Loads, or `all`.
    #[arg(value_delimiter = ',', required = true)]
    pub loads: Vec<String>,
    /// Numbers of workers [default: 1, 2, 4 … up to the number of CPUs].
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub workers: Vec<u32>,
    /// Kinds of the workers.
    #[arg(long = "as", value_name = "KINDS", value_enum, value_delimiter = ',', default_values_t = [Kind::Processes, Kind::Threads])]
    pub kinds: Vec<Kind>,
    /// Repeats of every run; all runs once, then all again.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub repeat: u32,
    #[command(flatten)]
    pub how: How,
}

#[derive(Args, Debug)]
pub struct WorkerOptions {
    pub load: String,
    #[arg(long)]
    pub first: u32,
    /// Number of its workers, each a thread.
    #[arg(long)]
    pub threads: u32,
    /// Let the scheduler place the workers.
    #[arg(long)]
    pub no_pin: bool,
    #[arg(long)]
    pub dir: PathBuf,
}

/// The request cannot be met as stated: exit code 2.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Usage(pub String);

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        super::Cli::command().debug_assert();
    }

    #[test]
    fn man_page_and_completions_are_written() {
        cli_docs::write(<super::Cli as clap::CommandFactory>::command());
    }
}
