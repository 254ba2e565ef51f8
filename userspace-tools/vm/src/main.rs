// SPDX-License-Identifier: GPL-2.0

//! Boots guests of the stock kernel: vCPUs on chosen CPUs, one command, an exit code for each failure.

#![forbid(unsafe_code)]

mod cli;
mod group;
mod image;
mod limits;
mod machine;
mod mode;
mod monitor;
mod plan;
mod qemu;
mod record_dir;
mod run;
mod signals;

use std::process::ExitCode;

use clap::Parser;
use vm_record::GuestFailure;

use crate::cli::{Action, Cli};
use crate::plan::Plan;

fn main() -> ExitCode {
    let Action::Run(options) = Cli::parse().action;
    let print = options.print;
    let result = Plan::new(*options).and_then(|plan| {
        if print {
            return machine::print(&plan).map(|()| 0);
        }
        plan.check()?;
        match (plan.options.guests, &plan.options.barrier) {
            (Some(guests), None) => group::run(&plan, guests as usize),
            _ => run::run(&plan),
        }
    });
    match result {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            plan::warn(&format!("{error:#}"));
            ExitCode::from(GuestFailure::NotStarted.code())
        }
    }
}
