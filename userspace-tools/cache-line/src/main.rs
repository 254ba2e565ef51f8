// SPDX-License-Identifier: GPL-2.0

//! Cost of an atomic operation on a cache line that another CPU wrote, in cycles of the TSC.
//!
//! Two threads, each bound to a CPU, add to one number in turns. They make progress only while both
//! run, so most groups of turns are measured without a preemption in them even on a busy host; the median
//! over the groups is reported.

#![deny(unsafe_code)]

mod cli;
mod cycles;
mod line;

use std::process::ExitCode;

use anyhow::{ensure, Context, Result};
use clap::Parser;
use cpu_list::CpuList;
use exit_code::Exit;
use serde::Serialize;

use crate::{cli::Cli, line::Line};

/// What one run measured: medians over the groups, in cycles of the TSC per operation.
#[derive(Serialize)]
struct Sample {
    schema: u32,
    cpus: [usize; 2],
    groups: usize,
    /// An atomic operation on a line that its CPU wrote last.
    own: f64,
    /// An atomic operation on a line that the other CPU wrote last.
    other: f64,
    other_p10: f64,
    other_p90: f64,
}

fn main() -> ExitCode {
    match run(&Cli::parse()) {
        Ok(()) => Exit::Pass.into(),
        Err(error) => {
            eprintln!("cache-line: {error:#}");
            Exit::NotMeasured.into()
        }
    }
}

fn run(cli: &Cli) -> Result<()> {
    let cpus = match &cli.cpus {
        Some(cpus) => cpus.clone(),
        None => CpuList::allowed()?,
    };
    ensure!(
        cpus.count() >= 2,
        "it takes two CPUs (allowed here: {cpus}). Try: --cpus 0,1"
    );
    let pair = [cpus.round_robin(0), cpus.round_robin(1)];
    let groups = cli.groups as usize;
    let own = line::own(pair[0], groups)?;
    let other = Line::default().in_turns(pair, groups)?;
    let sample = Sample {
        schema: 1,
        cpus: pair,
        groups,
        own: statistics::median(own).context("nothing was measured")?,
        other: at(&other, 0.5)?,
        other_p10: at(&other, 0.1)?,
        other_p90: at(&other, 0.9)?,
    };
    match cli.json {
        true => println!("{}", serde_json::to_string(&sample)?),
        false => println!(
            "CPUs {} and {}: an atomic addition to a line of one's own {:.0} cycles, to one that the other CPU \
             wrote {:.0} (p10 {:.0}, p90 {:.0}) cycles of the TSC",
            pair[0], pair[1], sample.own, sample.other, sample.other_p10, sample.other_p90
        ),
    }
    Ok(())
}

/// A quantile.
fn at(sorted: &[f64], part: f64) -> Result<f64> {
    let at = (sorted.len() as f64 * part) as usize;
    let value = sorted.get(at.min(sorted.len().saturating_sub(1)));
    value.copied().context("nothing was measured")
}
