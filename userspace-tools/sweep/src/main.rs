// SPDX-License-Identifier: GPL-2.0

//! Experiments in; tables, records and verdicts out.

#![forbid(unsafe_code)]

mod cli;
mod drive;
mod experiment;
mod export;
mod guests;
mod histogram;
mod host;
mod html;
mod human;
mod interrupt;
mod judge;
mod loaded;
mod merge;
mod outcome;
mod plan;
mod progress;
mod provenance;
mod record;
mod report;
mod results;
mod run;
mod say;
mod seen;
mod setting;
mod shard;
mod show;
mod summary;
mod table;
mod times;
mod watch;

use std::process::ExitCode;

use clap::Parser;

/// What was asked for cannot be done as asked; exit code 2.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Usage(pub String);

/// How a command ended that could do what it was asked for; the worse, the larger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ended {
    /// All is as it must be; exit code 0.
    Held,
    /// The data do not tell; exit code 3.
    Inconclusive,
    /// Something is not; exit code 1.
    Broken,
}

impl From<bool> for Ended {
    fn from(holds: bool) -> Self {
        match holds {
            true => Self::Held,
            false => Self::Broken,
        }
    }
}

fn main() -> ExitCode {
    let command = cli::Cli::parse().command;
    let done = interrupt::watch().and_then(|()| match command {
        cli::Command::Run(args) => run::run(&args),
        cli::Command::Merge(args) => merge::merge(&args),
        cli::Command::Gate(args) => show::gate(&args),
        cli::Command::Baseline(cli::Baseline::Save(args)) => judge::baseline::save(&args),
        cli::Command::Baseline(cli::Baseline::Check(args)) => judge::baseline::check(&args),
        cli::Command::Report(args) => html::report(&args),
        cli::Command::Watch(args) => watch::watch(&args),
        cli::Command::Trials(args) => judge::trials::trials(&args),
        cli::Command::Csv(args) => export::csv(&args),
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
