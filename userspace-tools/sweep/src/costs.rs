// SPDX-License-Identifier: GPL-2.0

//! `sweep costs`: the cost of every fast path in instructions, against a committed table.
//!
//! The experiment runs in the tier `count`, whose clock is the number of instructions. Each of its
//! scenarios is one [`column`] of the table. The cost of the loop itself, of `empty`, is subtracted.

mod beside;
mod compare;
mod show;
mod table;

use std::path::{Path, PathBuf};

use anyhow::Context;
use vm_record::Tier;

use crate::{
    console::{stderr, stdout::print_line, usage::Usage},
    judge::{evaluation::Evaluation, verdict::Verdict},
    run,
    store::{
        directory::{RESULTS, ROOT},
        loaded::Loaded,
    },
};
use beside::Beside;
use compare::compare;
use table::Table;

/// Arguments.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Complete result of the experiment, to be read instead of booting a guest.
    pub dir: Option<PathBuf>,
    /// Renew the table instead of comparing with it.
    #[arg(long)]
    pub write: bool,
    /// Print JSON instead of tables.
    #[arg(long)]
    pub json: bool,
    /// The experiment, in the tier `count`.
    #[arg(
        long,
        value_name = "FILE",
        default_value = "scripts/experiments/costs.toml",
        conflicts_with = "dir"
    )]
    pub experiment: PathBuf,
    /// Another such result, to be compared with in place of the table.
    #[arg(long, value_name = "DIR", conflicts_with = "write")]
    pub beside: Option<PathBuf>,
    /// Largest difference between the two that passes, in percent.
    #[arg(long, value_name = "PERCENT", requires = "beside")]
    pub within: Option<f64>,
    /// The committed table.
    #[arg(long, value_name = "FILE", default_value = "scripts/costs.toml")]
    pub table: PathBuf,
    /// Host CPUs for the guest in place of the experiment's; it uses the first.
    #[arg(long)]
    pub cpus: Option<String>,
    /// Parent of result directories.
    #[arg(long, env = RESULTS, default_value = ROOT)]
    pub results: PathBuf,
}

/// Measures the costs, or reads them, and compares them with the table or with another result, or renews the table.
pub fn costs(args: &Args) -> anyhow::Result<Verdict> {
    let loaded = match &args.dir {
        Some(dir) => Loaded::complete(dir, "read the costs of")?,
        None => {
            let run = run::Args {
                cpus: args.cpus.clone(),
                results: args.results.clone(),
                ..run::Args::default()
            };
            run::record(&args.experiment, &run)?
        }
    };
    allow(&loaded)?;
    let evaluation = Evaluation::of(&loaded)?;
    match &args.beside {
        Some(other) => beside(args, &evaluation, other),
        None => judge(args, &loaded, &evaluation),
    }
}

/// Refuses a result of another tier.
fn allow(loaded: &Loaded) -> anyhow::Result<()> {
    let tier = loaded.provenance.tier();
    if tier == Tier::Count.name() {
        return Ok(());
    }
    let why = format!("cannot count instructions: tier {tier} (allowed: count). Try: sweep costs");
    Err(Usage(why).into())
}

fn judge(args: &Args, loaded: &Loaded, evaluation: &Evaluation<'_>) -> anyhow::Result<Verdict> {
    let measured = &evaluation.costs;
    if args.write {
        let table = Table::new(measured, &loaded.provenance)?;
        table.write(&args.table)?;
        stderr::print_line(format_args!("sweep: wrote {}", args.table.display()));
    }
    let table = Table::read(&args.table).context("Try: sweep costs --write")?;
    let lines = compare(measured, &table);
    let verdicts = lines.iter().map(|line| line.verdict);
    let verdict = Verdict::worst(verdicts.chain([evaluation.verdict()]));
    match args.json {
        true => print_line(format_args!("{:#}", show::json(measured, &lines, verdict)))?,
        false => print_line(show::text(measured, &lines, &table, &loaded.provenance))?,
    }
    Ok(verdict)
}

/// Compares the costs with those of the result in `dir`.
fn beside(args: &Args, first: &Evaluation<'_>, dir: &Path) -> anyhow::Result<Verdict> {
    let other = Loaded::complete(dir, "read the costs of")?;
    allow(&other)?;
    let second = Evaluation::of(&other)?;
    let beside = Beside::new(&first.costs, &second.costs, args.within);
    match args.json {
        true => print_line(format_args!("{:#}", beside.json()))?,
        false => print_line(beside.text())?,
    }
    let verdicts = [first.verdict(), second.verdict(), beside.verdict()];
    Ok(Verdict::worst(verdicts))
}
