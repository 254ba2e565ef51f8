// SPDX-License-Identifier: GPL-2.0

//! `sweep show`: the tables of a result directory again, from its records alone.

pub mod export;
pub mod html;
pub mod summary;
pub mod table;
pub mod watch;

use std::path::PathBuf;

use crate::{
    console::exit::Ended, console::say::say, judge::ci::Outcome, judge::ci::Write,
    show::summary::Summary, store::directory::LATEST, store::loaded::Loaded,
};

/// Arguments of `show`.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Result directory.
    #[arg(default_value = LATEST)]
    pub dir: PathBuf,
    /// Print JSON instead of tables.
    #[arg(long)]
    pub json: bool,
    /// Draw small charts too.
    #[arg(long)]
    pub charts: bool,
}

/// Arguments of `gate`.
#[derive(clap::Args, Debug)]
pub struct GateArgs {
    /// Result directory.
    #[arg(default_value = LATEST)]
    pub dir: PathBuf,
    /// Files for build servers.
    #[command(flatten)]
    pub write: Write,
}

/// Prints them; whether every run is there and came out as it must.
pub fn show(args: &Args) -> anyhow::Result<bool> {
    let Loaded {
        experiment,
        provenance,
        records,
        incomplete,
    } = Loaded::read(&args.dir)?;
    let summary = Summary::new(&experiment, &provenance, &records, incomplete)?;
    if args.json {
        say(format_args!("{:#}", summary.json(&args.dir)))?;
    } else {
        say(summary.text().trim_end())?;
    }
    if args.charts && !args.json {
        say(format_args!("\n{}", summary.charts()))?;
    }
    Ok(summary.holds())
}

/// Judges a result again: every part's oracle and every rule, a line each.
pub fn gate(args: &GateArgs) -> anyhow::Result<Ended> {
    let loaded = Loaded::read(&args.dir)?;
    let Loaded {
        experiment,
        provenance,
        records,
        incomplete,
    } = loaded;
    let summary = Summary::new(&experiment, &provenance, &records, incomplete)?;
    let cases = summary.verdicts();
    args.write.write(&experiment.name, &cases)?;
    for case in &cases {
        let word = match case.outcome {
            Outcome::Passed => "ok           ",
            Outcome::Failed => "BROKEN       ",
            Outcome::Unknown => "inconclusive ",
        };
        say(format_args!("{word} {}  {}", case.name, case.text))?;
    }
    Ok(summary.ended())
}
