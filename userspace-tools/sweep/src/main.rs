// SPDX-License-Identifier: GPL-2.0

//! Experiments in; tables, records and verdicts out.

#![forbid(unsafe_code)]

mod cli;
mod console;
mod judge;
mod plan;
mod run;
mod show;
mod store;

use std::process::ExitCode;

use clap::Parser;

use crate::console::{
    exit::{Ended, Usage},
    interrupt,
};

fn main() -> ExitCode {
    let command = cli::Cli::parse().command;
    let done = interrupt::watch().and_then(|()| match command {
        cli::Command::Run(args) => run::run(&args),
        cli::Command::Merge(args) => run::merge::merge(&args),
        cli::Command::Gate(args) => show::gate(&args),
        cli::Command::Baseline(cli::Baseline::Save(args)) => judge::baseline::save(&args),
        cli::Command::Baseline(cli::Baseline::Check(args)) => judge::baseline::check(&args),
        cli::Command::Report(args) => show::html::report(&args),
        cli::Command::Watch(args) => show::watch::watch(&args),
        cli::Command::Trials(args) => judge::trials::trials(&args),
        cli::Command::Csv(args) => show::export::csv(&args),
        cli::Command::Show(args) => show::show(&args).map(Ended::from),
        cli::Command::Compare(args) => judge::compare::compare(&args),
        cli::Command::Fit(args) => judge::fit::fit(&args),
        cli::Command::Evidence(args) => judge::evidence::evidence(&args).map(Ended::from),
        cli::Command::Seed(args) => judge::seed::seed(&args).map(Ended::from),
    });
    match done {
        Ok(Ended::Held) => ExitCode::SUCCESS,
        Ok(Ended::Broken) => ExitCode::from(1),
        Ok(Ended::Inconclusive) => ExitCode::from(3),
        Err(error) => {
            eprintln!("sweep: {error:#}");
            match error.downcast_ref::<Usage>() {
                Some(_) => ExitCode::from(2),
                None => ExitCode::from(interrupt::exit_code().unwrap_or(1)),
            }
        }
    }
}
