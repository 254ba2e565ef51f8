// SPDX-License-Identifier: GPL-2.0

//! `sweep show`: the tables of a result directory again, from its records alone.

pub mod export;
pub mod html;
pub mod summary;
pub mod table;
pub mod watch;

use std::path::PathBuf;

use crate::{
    console::say::say, judge::ci::Write, judge::evaluation::Evaluation, judge::verdict::Verdict,
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
pub fn show(args: &Args) -> anyhow::Result<Verdict> {
    let loaded = Loaded::read(&args.dir)?;
    let evaluation = Evaluation::of(&loaded)?;
    let summary = Summary::new(&evaluation, &loaded.provenance);
    if args.json {
        say(format_args!("{:#}", summary.json(&args.dir)))?;
    } else {
        say(summary.text().trim_end())?;
    }
    if args.charts && !args.json {
        say(format_args!("\n{}", summary.charts()))?;
    }
    Ok(evaluation.is_sound().into())
}

/// Evaluates a result again: one line for the oracle of each part and for each rule.
pub fn gate(args: &GateArgs) -> anyhow::Result<Verdict> {
    let loaded = Loaded::read(&args.dir)?;
    let evaluation = Evaluation::of(&loaded)?;
    let cases = evaluation.cases();
    args.write.write(&loaded.experiment.name, &cases)?;
    for case in &cases {
        say(format_args!(
            "{:<13} {}  {}",
            case.verdict, case.name, case.text
        ))?;
    }
    Ok(evaluation.verdict())
}
