// SPDX-License-Identifier: GPL-2.0

//! Command line: the sub-commands and their dispatch.

use clap::{Parser, Subcommand};

use crate::{archive, calibrate, costs, judge, judge::verdict::Verdict, run, show};

const EXAMPLES: &str = "\
Examples:
  sweep run scripts/experiments/demo.toml             run it; results go to build/results/
  sweep run --dry-run scripts/experiments/demo.toml   print the plan and its estimated time
  sweep run --resume build/results/A                  continue an interrupted run
  sweep run --until-decided --max-boots 24 F.toml     boot until every rule is decided
  sweep run --shard 2/3 --seed 7 F.toml               run the second of three shards
  sweep merge A B C                                   merge the shards
  sweep show build/results/latest                     print its tables again, from its records
  sweep show --charts build/results/latest            its tables and small charts
  sweep show --json build/results/latest | jq .figures
  sweep report build/results/latest                   its figures, in one HTML file
  sweep gate --junit gates.xml build/results/latest   one line for each oracle and rule
  sweep csv build/results/latest >runs.csv            its runs for other programs
  sweep watch                                         the newest result while it runs
  sweep compare build/results/A build/results/B       better, worse or inconclusive, cell by cell
  sweep bundle build/results/latest                   the whole result as one file, with its report and CSV
  sweep rerun demo.tar.gz                             run a bundle's plan again here, and compare
  sweep fit build/results/latest                      contention and coherency of each series
  sweep baseline save build/base.json A B             save a baseline; `check` compares with it
  sweep costs                                         instructions of every fast path, beside the table
  sweep costs --write                                 renew the table, scripts/costs.toml
  sweep costs A --beside B --within 0.5               compare the costs of two results
  sweep calibrate --tier tcg                          measure scripts/costs/tcg.toml in guests
  sweep evidence foundation                           check every claim, one line each
  sweep evidence foundation --step boot,unload        only the claims that these steps measure
  COLD=1 sweep evidence foundation                    also those that start with an empty cache
  sweep seed 004                                      check the claims of a source document

Environment:
  SLOWPATH_BEGAN    start of the user's command, in seconds since 1970, for the times printed
  SLOWPATH_RESULTS  parent of result directories
  SLOWPATH_VM       another `vm` than the one beside `sweep`
";

/// Runs experiments, keeps their records and judges them.
#[derive(Debug, Parser)]
#[command(version, after_help = help())]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The sub-commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run an experiment in guests and print its tables.
    #[command(after_help = help())]
    Run(run::Args),
    /// Merge the shards of one plan into one result.
    #[command(after_help = exit_code::help())]
    Merge(run::merge::Args),
    /// Print the tables of a result directory again, from its records alone.
    #[command(after_help = exit_code::help())]
    Show(show::Args),
    /// Write results as one self-contained HTML file.
    #[command(after_help = exit_code::help())]
    Report(show::html::Args),
    /// Judge a result again: every oracle and every rule.
    #[command(after_help = exit_code::help())]
    Gate(show::GateArgs),
    /// Save results as a baseline, or check a result against one.
    #[command(subcommand, after_help = exit_code::help())]
    Baseline(show::baseline::Command),
    /// Write the runs of a result as comma-separated values.
    #[command(after_help = exit_code::help())]
    Csv(show::export::Args),
    /// Compare two results of one experiment, or two measurements of the same claims.
    #[command(after_help = exit_code::help())]
    Compare(judge::compare::Args),
    /// Write a result as one file: records, plan, provenance, logs, report and CSV.
    #[command(after_help = help())]
    Bundle(archive::bundle::Args),
    /// Run the plan of a bundle again on this machine, and compare the two results.
    #[command(after_help = help())]
    Rerun(archive::rerun::Args),
    /// Count how often this machine's noise hides, or fakes, a difference.
    #[command(after_help = exit_code::help())]
    Trials(judge::trials::Args),
    /// Print the tables of a result while it runs.
    #[command(after_help = exit_code::help())]
    Watch(show::watch::Args),
    /// Fit the Universal Scalability Law to every series over threads.
    #[command(after_help = exit_code::help())]
    Fit(judge::fit::Args),
    /// Count the instructions of every fast path, and compare them with a committed table.
    #[command(after_help = exit_code::help())]
    Costs(costs::Args),
    /// Measure the costs of a simulated machine in guests, and write their file.
    #[command(after_help = exit_code::help())]
    Calibrate(calibrate::Args),
    /// Check claims by measurement, PASS or FAIL each.
    #[command(after_help = exit_code::help())]
    Evidence(judge::claims::EvidenceArgs),
    /// Check the claims of a source document by measurement.
    #[command(after_help = exit_code::help())]
    Seed(judge::claims::SeedArgs),
}

/// Runs a sub-command.
pub fn dispatch(command: &Command) -> anyhow::Result<Verdict> {
    match command {
        Command::Run(args) => run::run(args),
        Command::Merge(args) => run::merge::merge(args),
        Command::Show(args) => show::show(args),
        Command::Report(args) => show::html::report(args),
        Command::Gate(args) => show::gate(args),
        Command::Baseline(command) => show::baseline::baseline(command),
        Command::Csv(args) => show::export::csv(args),
        Command::Compare(args) => judge::compare::compare(args),
        Command::Bundle(args) => archive::bundle::bundle(args),
        Command::Rerun(args) => archive::rerun::rerun(args),
        Command::Trials(args) => judge::trials::trials(args),
        Command::Watch(args) => show::watch::watch(args),
        Command::Fit(args) => judge::fit::fit(args),
        Command::Costs(args) => costs::costs(args),
        Command::Calibrate(args) => calibrate::calibrate(args),
        Command::Evidence(args) => judge::claims::evidence(args, |result| {
            archive::bundle::after(result, args.output.bundle)
        }),
        Command::Seed(args) => {
            archive::bundle::after(judge::claims::seed(args)?, args.output.bundle)
        }
    }
}

/// Examples, environment and exit codes, for `--help`.
fn help() -> String {
    format!("{EXAMPLES}\n{}", exit_code::help())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn command_line_is_well_formed() {
        super::Cli::command().debug_assert();
    }

    #[test]
    fn man_page_and_completions_are_written() {
        cli_docs::write(<super::Cli as clap::CommandFactory>::command());
    }
}
