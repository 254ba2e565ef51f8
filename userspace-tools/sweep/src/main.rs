// SPDX-License-Identifier: GPL-2.0

//! Runs experiments, keeps their records and judges them.

#![forbid(unsafe_code)]

mod cli;
mod console;
mod exit;
mod judge;
mod plan;
mod run;
mod show;
mod store;

use std::process::ExitCode;

use clap::Parser;

use crate::{console::interrupt, exit::Exit};

fn main() -> ExitCode {
    let command = cli::Cli::parse().command;
    let result = interrupt::watch().and_then(|()| cli::dispatch(&command));
    if let Err(error) = &result {
        eprintln!("sweep: {error:#}");
    }
    Exit::of(&result).into()
}
