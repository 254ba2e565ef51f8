// SPDX-License-Identifier: GPL-2.0

//! `guest-tests`: tests of the loaded modules and of the tools, inside the guest.

#![forbid(unsafe_code)]

mod complaints;
mod fail_nth;
mod files;
mod fuzz;
mod hotplug;
mod kernel_log;
mod kernel_module;
mod latency;
mod memory;
mod random;
mod raw;
mod removal;
mod runs;
mod subject;
mod suite;
mod threads;
mod tools;
mod torture;
mod unload;
mod waits;
mod wide;

use std::process::ExitCode;

use anyhow::{anyhow, ensure, Result};
use clap::{Parser, Subcommand};
use debugfs::tool::{Checks, Output};
use exit_code::Exit;
use results::Verdict;

use runs::jobs::oracle::random_jobs;
use suite::Test;

const HELP: &str = "\
Run it as root, with two vCPUs or more, in a disposable guest: it removes and inserts the modules \
of /lib/modules.

Examples:
  guest-tests                     run every test but unload
  guest-tests run lock-load/      run those whose names contain `lock-load/`
  guest-tests unload              insert, start and remove every module 50 times
  guest-tests fail-nth lock-load/
  guest-tests checked bottleneck check
  guest-tests wide                with 65 vCPUs or more
  guest-tests fuzz --seed 7 --operations 100000 --processes 16 --hotplug --unload
  guest-tests run job/cap --json

Prints `ok NAME` or `FAILED NAME: why` for each test, with what it measured, and last the counts.";

/// Tests the loaded modules and the tools.
#[derive(Parser)]
#[command(version, after_help = format!("{HELP}\n\n{}", exit_code::help()), disable_help_subcommand = true)]
struct Cli {
    #[command(flatten)]
    output: Output,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Run the tests whose names contain FILTER, all without it
    Run {
        /// A part of a name
        filter: Option<String>,
    },
    /// Print the names of the tests
    List,
    /// Insert, start and remove every module repeatedly; check for leaks
    Unload {
        /// Number of cycles
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
        cycles: u32,
    },
    /// Fail each allocation of each start and insertion in turn
    FailNth {
        /// A part of a name
        filter: Option<String>,
    },
    /// Run a command; fail as well if a checker of the kernel has a report
    Checked {
        /// The command and its arguments
        #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
        command: Vec<String>,
    },
    /// Run random jobs during hotplug; check that each index is done once, or undone once
    Jobs {
        /// Number of jobs
        #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..))]
        jobs: u32,
        /// Seed of the first two thousand; the next have the next
        #[arg(long, default_value_t = 1)]
        seed: u32,
    },
    /// Run the modules on vCPUs above 63; needs 65 vCPUs or more
    Wide,
    /// Operate on all control files at once, by a random plan; check each reply
    Fuzz(fuzz::Options),
}

impl Command {
    /// The least number of vCPUs that it can test with.
    fn least_vcpus(&self) -> u32 {
        match self {
            Self::Wide => wide::FIRST + 1,
            _ => 2,
        }
    }
}

fn main() -> ExitCode {
    let Cli { output, command } = Cli::parse();
    let command = command.unwrap_or(Command::Run { filter: None });
    if matches!(command, Command::List) {
        all().iter().for_each(|test| suite::say(&test.name));
        return Exit::Pass.into();
    }
    let (vcpus, least) = (results::vcpus(), command.least_vcpus());
    if vcpus < least {
        let why = anyhow!(
            "cannot test: too few vCPUs are online ({vcpus}; allowed: {least}..). \
             Try: vm run --vcpus {least}"
        );
        return refuse(output, &why, Exit::Usage);
    }
    match run(command, output) {
        Ok(verdict) => verdict.exit().into(),
        Err(why) => refuse(output, &why, Exit::NotMeasured),
    }
}

/// Ends with the reason why nothing, or not all, was tested.
fn refuse(output: Output, why: &anyhow::Error, exit: Exit) -> ExitCode {
    eprintln!("guest-tests: {why:#}");
    // A reader that has gone misses nothing that standard error has not.
    let _ = Checks::refuse(output, why);
    exit.into()
}

fn run(command: Command, output: Output) -> Result<Verdict> {
    let tests = match command {
        Command::List => return Ok(Verdict::Pass),
        Command::Checked { command } => return complaints::around(&command),
        Command::Fuzz(options) => return fuzz::run(&options, output),
        Command::Run { filter } => chosen(all(), filter)?,
        Command::FailNth { filter } => chosen(fail_nth::tests(), filter)?,
        Command::Unload { cycles } => unload::tests(cycles),
        Command::Jobs { jobs, seed } => vec![random_jobs(jobs, seed)],
        Command::Wide => wide::tests(),
    };
    Ok(suite::run(tests, output))
}

/// The tests whose names contain `filter`, all without one.
fn chosen(mut tests: Vec<Test>, filter: Option<String>) -> Result<Vec<Test>> {
    let filter = filter.unwrap_or_default();
    tests.retain(|test| test.name.contains(&filter));
    let next = "Try: guest-tests list";
    ensure!(
        !tests.is_empty(),
        "cannot run: no test has `{filter}` in its name. {next}"
    );
    Ok(tests)
}

/// Every test but those of `unload` and `fail-nth`.
fn all() -> Vec<Test> {
    let groups = [
        files::tests(),
        runs::tests(),
        torture::tests(),
        latency::tests(),
        hotplug::tests(),
        waits::tests(),
        removal::tests(),
        tools::tests(),
    ];
    groups.into_iter().flatten().collect()
}
