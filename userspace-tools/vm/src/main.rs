// SPDX-License-Identifier: GPL-2.0

//! Boots guests of the stock kernel: vCPUs on chosen CPUs, watched, with a verdict.

#![forbid(unsafe_code)]

mod attempt;
mod barrier;
mod channel;
mod children;
mod cli;
mod console;
mod event;
mod folder;
mod group;
mod image;
mod kernel_words;
mod l1;
mod machines;
mod mode;
mod oneself;
mod output;
mod plan;
mod process;
mod qemu;
mod qmp;
mod record;
mod run;
mod signals;
mod tier;
mod verdict;
mod watch;

use std::process::ExitCode;

use clap::Parser;
use vm_record::GuestFailure;

use crate::cli::{Cli, Verb};
use crate::plan::Plan;

fn main() -> ExitCode {
    let Verb::Run(asked) = Cli::parse().verb;
    let print = asked.print;
    let result = Plan::new(*asked).and_then(|plan| {
        if print {
            return run::print(&plan).map(|()| 0);
        }
        plan.check()?;
        match plan.asked.guests {
            Some(guests) => group::run(&plan, guests as usize),
            None => run::run(&plan),
        }
    });
    match result {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            eprintln!("vm: {error:#}");
            ExitCode::from(GuestFailure::NotStarted.code())
        }
    }
}
