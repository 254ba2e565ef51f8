// SPDX-License-Identifier: GPL-2.0

//! `guest-tests`: tests of the loaded modules and of the tools, inside the guest.

#![forbid(unsafe_code)]

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

use std::process::ExitCode;

use anyhow::{ensure, Result};
use clap::{Parser, Subcommand};
use exit_code::Exit;

use suite::Test;

const HELP: &str = "\
Run it as root, with two vCPUs or more, in a disposable guest: it removes and inserts the modules \
of /lib/modules.

Examples:
  guest-tests                     run every test but unload
  guest-tests run lock-load/      run those whose names contain `lock-load/`
  guest-tests unload              insert, start and remove every module 50 times
  guest-tests fuzz --seed 7 --operations 100000 --processes 16 --hotplug --unload

Prints `ok NAME` or `FAILED NAME: why` for each test, and last `N passed, N failed`.";

/// Tests the loaded modules and the tools.
#[derive(Parser)]
#[command(version, after_help = format!("{HELP}\n\n{}", exit_code::help()), disable_help_subcommand = true)]
struct Cli {
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
    /// Operate on all control files at once, by a random plan; check each reply
    Fuzz(fuzz::Options),
}

fn main() -> ExitCode {
    let command = Cli::parse().command;
    let command = command.unwrap_or(Command::Run { filter: None });
    if matches!(command, Command::List) {
        all().iter().for_each(|test| suite::say(&test.name));
        return Exit::Pass.into();
    }
    if results::vcpus() < 2 {
        eprintln!(
            "guest-tests: cannot test concurrency: one vCPU is online (1; allowed: 2..). \
             Try: vm run --vcpus 2"
        );
        return Exit::Usage.into();
    }
    match run(command) {
        Ok(true) => Exit::Pass.into(),
        Ok(false) => Exit::Fail.into(),
        Err(why) => {
            eprintln!("guest-tests: {why:#}");
            Exit::NotMeasured.into()
        }
    }
}

/// Returns whether all passed.
fn run(command: Command) -> Result<bool> {
    Ok(match command {
        Command::List => true,
        Command::Run { filter } => {
            let filter = filter.unwrap_or_default();
            let wanted = |test: &Test| test.name.contains(&filter);
            let chosen: Vec<Test> = all().into_iter().filter(wanted).collect();
            let next = "Try: guest-tests list";
            ensure!(
                !chosen.is_empty(),
                "cannot run: no test has `{filter}` in its name. {next}"
            );
            suite::run(chosen)
        }
        Command::Unload { cycles } => suite::run(unload::tests(cycles)),
        Command::Fuzz(options) => fuzz::run(&options)?,
    })
}

/// Every test but those of `unload`.
fn all() -> Vec<Test> {
    let groups = [
        files::tests(),
        runs::tests(),
        torture::tests(),
        latency::tests(),
        hotplug::tests(),
        removal::tests(),
        tools::tests(),
    ];
    groups.into_iter().flatten().collect()
}
