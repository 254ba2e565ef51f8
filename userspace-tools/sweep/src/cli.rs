// SPDX-License-Identifier: GPL-2.0

//! The command line.

use std::path::PathBuf;

use clap::{builder::TypedValueParser, Args, Parser, Subcommand};
use statistics::confidence;

use crate::{judge::ci::Write, plan::shard::Shard};

const AFTER: &str = "\
Examples:
  sweep run scripts/experiments/demo.toml             run it; results go to build/results/
  sweep run --dry-run scripts/experiments/demo.toml   print the plan and how long it will take
  sweep run --resume build/results/A                  go on with what was interrupted
  sweep run --shard 2/3 --seed 7 F.toml               the second of three machines' parts
  sweep merge A B C                                   join the parts
  sweep show build/results/latest                     print its tables again, from its records
  sweep report build/results/latest                   its figures, in one HTML file
  sweep gate --junit gates.xml build/results/latest   every expectation, a line each
  sweep baseline save build/base.json A B             keep results; `check` holds a later one to it
  sweep watch                                         the newest result while it comes
  sweep show --charts build/results/latest            its tables and small charts
  sweep csv build/results/latest >runs.csv            its runs for other programs
  sweep show --json build/results/latest | jq .figures
  sweep compare build/results/A build/results/B       better, worse, or no telling, run by run
  sweep fit build/results/latest                      what contention and coherency cost
  sweep evidence foundation                           measure every claim, one line each
  sweep evidence foundation --step boot,unload        only what these steps measure
  COLD=1 sweep evidence foundation                    also those that begin with an empty cache
  sweep seed 004                                      a document's claims, and what of them is so here

Environment:
  SLOWPATH_BEGAN  when the user's command began, in seconds since 1970, for the times printed
  SLOWPATH_VM       another `vm` than the one beside `sweep`

Exit codes:
  0    every run came out as it must; every claim holds
  1    something is broken or worse, an expectation does not hold, `busted` was not caught, a guest was lost, a claim falls short
       or, of a document's, was not measured (that it is not so here is an answer)
  2    usage: no such file, or an experiment that cannot be run as it is written
  3    inconclusive: a comparison or an expectation needs more repeats
  130  interrupted (SIGINT); 143 on SIGTERM, 129 on SIGHUP";

/// Experiments in; tables, records and verdicts out.
#[derive(Debug, Parser)]
#[command(version, after_help = AFTER)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run an experiment in a guest and print its tables.
    Run(Run),
    /// Join the parts of one plan that were run with --shard.
    Merge(Merge),
    /// Print the tables of a result directory again, from its records alone.
    Show(Show),
    /// Write results as one HTML file that needs nothing else.
    Report(Report),
    /// Judge a result again: every oracle and every expectation.
    Gate(Gate),
    /// Keep results, and hold later ones against them.
    #[command(subcommand)]
    Baseline(Baseline),
    /// Write the runs of a result as comma-separated values.
    Csv(Csv),
    /// Hold two results of one experiment against each other.
    Compare(Compare),
    /// Count how often, with this machine's noise, a difference between two sides would be called.
    Trials(Trials),
    /// Show the tables of a result while it comes.
    Watch(Watch),
    /// Fit the Universal Scalability Law to every series over threads.
    Fit(Fit),
    /// Measure claims and say of each whether it holds.
    Evidence(Evidence),
    /// Run the cases of a document about scalability and say of each of its claims whether it is so here.
    Seed(Seed),
}

/// Arguments of `run`.
#[derive(Args, Debug)]
#[command(after_help = AFTER)]
pub struct Run {
    /// The experiments, TOML files; see scripts/experiments/.
    pub files: Vec<PathBuf>,
    /// Go on with the result in this directory, which was interrupted.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["files", "shard", "seed", "repeats", "tier", "cpus"])]
    pub resume: Option<PathBuf>,
    /// Run only the Ith of N parts, for `sweep merge`.
    #[arg(long, value_name = "I/N")]
    pub shard: Option<Shard>,
    /// Draw the order of runs from this number; it is in the result, whoever chose it.
    #[arg(long)]
    pub seed: Option<u64>,
    /// Write report.html into the result directory too.
    #[arg(long)]
    pub report: bool,
    /// Where verdicts are written to.
    #[command(flatten)]
    pub write: Write,
    /// Print the plan and its estimated time; boot nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Run in this tier, whatever the experiment says: auto, kvm or tcg.
    #[arg(long)]
    pub tier: Option<String>,
    /// Host CPUs for the guest, whatever the experiment says: `all`, or a list as 0,2-3.
    #[arg(long)]
    pub cpus: Option<String>,
    /// Repeats, whatever the experiment says.
    #[arg(long)]
    pub repeats: Option<u32>,
    /// Give a guest up after this many seconds; by default five times the estimate and a minute.
    #[arg(long)]
    pub timeout: Option<u64>,
    /// Where result directories are made.
    #[arg(long, default_value = "build/results")]
    pub results: PathBuf,
    /// Print JSON instead of tables.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `show`.
#[derive(Args, Debug)]
#[command(after_help = AFTER)]
pub struct Show {
    /// The result directory.
    #[arg(default_value = "build/results/latest")]
    pub dir: PathBuf,
    /// Print JSON instead of tables.
    #[arg(long)]
    pub json: bool,
    /// Draw small charts too.
    #[arg(long)]
    pub charts: bool,
}

/// Arguments of `merge`.
#[derive(Args, Debug)]
#[command(after_help = AFTER)]
pub struct Merge {
    /// The result directories of all parts.
    #[arg(required = true)]
    pub parts: Vec<PathBuf>,
    /// Where the joined result directory is made.
    #[arg(long, default_value = "build/results")]
    pub results: PathBuf,
}

/// Arguments of `report`.
#[derive(Args, Debug)]
#[command(after_help = AFTER)]
pub struct Report {
    /// The result directories.
    #[arg(default_value = "build/results/latest")]
    pub dirs: Vec<PathBuf>,
    /// Where to write it; by default report.html in the first of them.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// Arguments of `gate`.
#[derive(Args, Debug)]
#[command(after_help = AFTER)]
pub struct Gate {
    /// The result directory.
    #[arg(default_value = "build/results/latest")]
    pub dir: PathBuf,
    /// Where verdicts are written to.
    #[command(flatten)]
    pub write: Write,
}

/// Arguments of `baseline`.
#[derive(Debug, Subcommand)]
pub enum Baseline {
    /// Keep results in FILE.
    Save(BaselineSave),
    /// Hold a result against those kept in FILE.
    Check(BaselineCheck),
}

/// Arguments of `baseline save`.
#[derive(Args, Debug)]
#[command(after_help = AFTER)]
pub struct BaselineSave {
    /// The file.
    pub file: PathBuf,
    /// Result directories; several of them show how far days and boots differ.
    #[arg(default_value = "build/results/latest")]
    pub dirs: Vec<PathBuf>,
}

/// Arguments of `baseline check`.
#[derive(Args, Debug)]
#[command(after_help = AFTER)]
pub struct BaselineCheck {
    /// The file.
    pub file: PathBuf,
    /// The result directory.
    #[arg(default_value = "build/results/latest")]
    pub dir: PathBuf,
    /// Tolerate this part at least, however little noise there is.
    #[arg(long, default_value_t = 0.02, value_parser = part)]
    pub floor: f64,
    /// Where verdicts are written to.
    #[command(flatten)]
    pub write: Write,
}

/// Arguments of `csv`.
#[derive(Args, Debug)]
#[command(after_help = AFTER)]
pub struct Csv {
    /// The result directory.
    #[arg(default_value = "build/results/latest")]
    pub dir: PathBuf,
}

/// Arguments of `compare`.
#[derive(Args, Debug)]
#[command(after_help = AFTER)]
pub struct Compare {
    /// The result directory to compare with.
    pub before: PathBuf,
    /// The one to be judged.
    #[arg(default_value = "build/results/latest")]
    pub after: PathBuf,
    /// How often a difference may be called where there is none.
    #[arg(long, default_value_t = confidence::ALPHA, value_parser = part)]
    pub alpha: f64,
    /// Differences smaller than this part do not matter; more repeats are asked for until that can
    /// be said.
    #[arg(long, default_value_t = confidence::MARGIN, value_parser = part)]
    pub margin: f64,
    /// Print JSON instead of a table.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `watch`.
#[derive(Args, Debug)]
#[command(after_help = AFTER)]
pub struct Watch {
    /// The result directory; by default the newest.
    pub dir: Option<PathBuf>,
    /// Where the newest is looked for.
    #[arg(long, default_value = "build/results")]
    pub results: PathBuf,
    /// Look once.
    #[arg(long)]
    pub once: bool,
}

/// Arguments of `trials`.
#[derive(Args, Debug)]
#[command(after_help = AFTER)]
pub struct Trials {
    /// The result directory.
    #[arg(default_value = "build/results/latest")]
    pub dir: PathBuf,
    /// The side to be judged, as \"hold_ns=22000 threads=1\".
    #[arg(long, value_name = "SETTINGS")]
    pub of: String,
    /// The side to compare with; if it is the same, every other repeat against those between.
    #[arg(long, value_name = "SETTINGS")]
    pub to: String,
    /// How many tries the repeats are cut into.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=10_000).map(|n| n as usize))]
    pub tries: usize,
    /// How often a difference may be called where there is none.
    #[arg(long, default_value_t = confidence::ALPHA, value_parser = part)]
    pub alpha: f64,
    /// Differences smaller than this part do not matter.
    #[arg(long, default_value_t = confidence::MARGIN, value_parser = part)]
    pub margin: f64,
}

/// A number above 0 and below 1.
fn part(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(part) if part > 0.0 && part < 1.0 => Ok(part),
        _ => Err("a number above 0 and below 1, for instance 0.05".into()),
    }
}

/// Arguments of `fit`.
#[derive(Args, Debug)]
#[command(after_help = AFTER)]
pub struct Fit {
    /// The result directory.
    #[arg(default_value = "build/results/latest")]
    pub dir: PathBuf,
    /// Print JSON instead of a table.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `evidence`.
#[derive(Args, Debug)]
#[command(after_help = AFTER)]
pub struct Evidence {
    /// Which claims: the name of a file in scripts/claims/ without `.toml`.
    pub what: String,
    /// Where the claims are.
    #[arg(long, default_value = "scripts/claims")]
    pub claims: PathBuf,
    /// Where result directories are made.
    #[arg(long, default_value = "build/results")]
    pub results: PathBuf,
    /// Only these steps and what they measure.
    #[arg(long, value_delimiter = ',')]
    pub step: Vec<String>,
    /// Print JSON instead of lines.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `seed`.
#[derive(Args, Debug)]
pub struct Seed {
    /// Which document: the name of a file in scripts/seeds/ without `.toml`.
    pub seed: String,
    /// Where the documents' claims are.
    #[arg(long, default_value = "scripts/seeds")]
    pub seeds: PathBuf,
    /// Where result directories are made.
    #[arg(long, default_value = "build/results")]
    pub results: PathBuf,
    /// Print JSON instead of lines.
    #[arg(long)]
    pub json: bool,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        super::Cli::command().debug_assert();
    }
}
