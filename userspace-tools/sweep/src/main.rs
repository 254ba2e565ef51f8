// SPDX-License-Identifier: GPL-2.0

//! Runs experiments, keeps their records and judges them.

#![forbid(unsafe_code)]

mod archive;
mod calibrate;
mod cli;
mod console;
mod costs;
mod judge;
mod plan;
mod run;
mod show;
mod store;

use std::process::ExitCode;

use clap::Parser;
use exit_code::Exit;

use crate::{
    console::{interrupt, stderr, usage::Usage},
    judge::verdict::Verdict,
};

fn main() -> ExitCode {
    let command = cli::Cli::parse().command;
    let result = interrupt::watch().and_then(|()| cli::dispatch(&command));
    if let Err(error) = &result {
        stderr::print_line(format_args!("sweep: {error:#}"));
    }
    exit(&result).into()
}

/// How the process ends after a command that returned `result`.
fn exit(result: &anyhow::Result<Verdict>) -> Exit {
    match result {
        Ok(verdict) => verdict.exit(),
        Err(error) if error.is::<Usage>() => Exit::Usage,
        Err(_) => interrupt::signal().map_or(Exit::NotMeasured, Exit::Signal),
    }
}
