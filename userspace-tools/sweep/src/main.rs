// SPDX-License-Identifier: GPL-2.0

//! Experiments in; tables, records and verdicts out.

#![forbid(unsafe_code)]

mod cell;
mod cli;
mod drive;
mod evidence;
mod experiment;
mod figures;
mod human;
mod interrupt;
mod judge;
mod plan;
mod progress;
mod provenance;
mod record;
mod report;
mod results;
mod run;
mod sample;
mod say;
mod setting;
mod show;
mod summary;
mod table;
mod times;

use std::process::ExitCode;

use clap::Parser;

/// What was asked for cannot be done as asked; exit code 2.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Usage(pub String);

fn main() -> ExitCode {
    let command = cli::Cli::parse().command;
    let done = interrupt::watch().and_then(|()| match command {
        cli::Command::Run(args) => run::run(&args),
        cli::Command::Show(args) => show::show(&args),
        cli::Command::Evidence(args) => evidence::evidence(&args),
    });
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("sweep: {error:#}");
            match error.downcast_ref::<Usage>() {
                Some(_) => ExitCode::from(2),
                None => ExitCode::from(interrupt::exit_code().unwrap_or(1)),
            }
        }
    }
}
