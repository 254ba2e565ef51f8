// SPDX-License-Identifier: GPL-2.0

//! Scalability of the kernel's real system calls, one load per file.

#![deny(unsafe_code)]

mod cli;
mod count;
mod crew;
mod load;
mod loads;
mod place;
mod run;
mod sample;
mod sys;
mod table;
mod worker;

use std::process::ExitCode;

use clap::Parser;

/// What was asked for cannot be done as asked; exit code 2.
#[derive(Debug)]
pub struct Usage(pub String);

impl std::fmt::Display for Usage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Usage {}

fn main() -> ExitCode {
    let done = match cli::Cli::parse().verb {
        cli::Verb::List => table::list(),
        cli::Verb::Run(args) => run::run(&args),
        cli::Verb::Sweep(args) => run::sweep(&args),
        cli::Verb::Worker(args) => worker::worker(&args),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("syscall-load: {error:#}");
            ExitCode::from(if error.is::<Usage>() { 2 } else { 1 })
        }
    }
}
