// SPDX-License-Identifier: GPL-2.0

//! Scalability of the kernel's real system calls: operations per second by number of workers.

#![deny(unsafe_code)]

mod cli;
mod count;
mod load;
mod loads;
mod output;
mod processes;
mod run;
mod sample;
mod sys;
mod table;
mod worker;

use std::process::ExitCode;

use clap::Parser;

use crate::cli::{Action, Cli, Usage};

fn main() -> ExitCode {
    let result = match Cli::parse().action {
        Action::List => output::print(&table::list()),
        Action::Run(options) => run::run(&options),
        Action::Sweep(options) => run::sweep(&options),
        Action::Worker(options) => worker::run(&options),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("syscall-load: {error:#}");
            ExitCode::from(if error.is::<Usage>() { 2 } else { 1 })
        }
    }
}
