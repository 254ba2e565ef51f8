// SPDX-License-Identifier: GPL-2.0

//! `sweep show` and `sweep gate`: a result as text or JSON, evaluated again from its records.

mod attribution;
pub mod baseline;
pub mod ci;
mod comparison;
pub mod export;
mod head;
pub mod html;
pub mod json;
mod prediction;
pub mod summary;
mod table;
mod verdict;
pub mod watch;

use std::path::PathBuf;

use crate::{
    console::stdout::print_line,
    judge::{evaluation::Evaluation, verdict::Verdict},
    show::ci::Write,
    store::{directory::LATEST, loaded::Loaded},
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

/// Prints the tables.
pub fn show(args: &Args) -> anyhow::Result<Verdict> {
    let loaded = Loaded::read(&args.dir)?;
    let evaluation = Evaluation::of(&loaded)?;
    let provenance = &loaded.provenance;
    if args.json {
        let json = json::json(&evaluation, provenance, &args.dir);
        print_line(format_args!("{json:#}"))?;
    } else {
        print_line(summary::text(&evaluation, provenance).trim_end())?;
        if args.charts {
            print_line(format_args!("\n{}", summary::charts(&evaluation)))?;
        }
    }
    Ok(evaluation.verdict())
}

/// Prints one line for the oracle of each scenario and for each rule.
pub fn gate(args: &GateArgs) -> anyhow::Result<Verdict> {
    let loaded = Loaded::read(&args.dir)?;
    let evaluation = Evaluation::of(&loaded)?;
    let cases = evaluation.cases();
    args.write.write(&loaded.experiment.name, &cases)?;
    for case in &cases {
        let (verdict, name, text) = (case.verdict, &case.name, &case.text);
        print_line(format_args!("{verdict:<13} {name}  {text}"))?;
    }
    Ok(evaluation.verdict())
}
