// SPDX-License-Identifier: GPL-2.0

//! Scalability of the kernel's real system calls: operations per second by number of workers.

#![deny(unsafe_code)]

mod cli;
mod count;
mod load;
mod loads;
mod output;
mod processes;
mod profile;
mod run;
mod sample;
mod sys;
mod table;
mod worker;

use std::process::ExitCode;

use clap::Parser;
use exit_code::Exit;
use results::Verdict;

use crate::cli::{Action, Cli, Usage};

fn main() -> ExitCode {
    let result = match Cli::parse().action {
        Action::List => output::print(&table::list()).map(|()| Verdict::Pass),
        Action::Run(options) => run::run(&options),
        Action::Sweep(options) => run::sweep(&options),
        Action::Worker(options) => worker::run(&options).map(|()| Verdict::Pass),
    };
    match result {
        Ok(verdict) => verdict.exit().into(),
        Err(error) => {
            eprintln!("syscall-load: {error:#}");
            let is_usage = error.is::<Usage>();
            if is_usage {
                Exit::Usage
            } else {
                Exit::NotMeasured
            }
            .into()
        }
    }
}
