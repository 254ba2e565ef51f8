// SPDX-License-Identifier: GPL-2.0

//! `sweep baseline`: saves results, and checks later ones against them.

use std::{fs, path::PathBuf};

use anyhow::Context;
use statistics::confidence;

use crate::{
    console::{stdout::print_line, usage::Usage},
    judge::{
        baseline::Baseline,
        difference::fraction,
        verdict::{Case, Verdict},
    },
    show::ci::Write,
    store::{directory::LATEST, file, loaded::Loaded},
};

/// Sub-commands.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Save results as a baseline in FILE.
    Save(SaveArgs),
    /// Check a result against the baseline in FILE.
    Check(CheckArgs),
}

/// Arguments of `baseline save`.
#[derive(clap::Args, Debug)]
pub struct SaveArgs {
    /// Baseline file.
    pub file: PathBuf,
    /// Result directories; their boots are put together.
    #[arg(default_value = LATEST)]
    pub dirs: Vec<PathBuf>,
}

/// Arguments of `baseline check`.
#[derive(clap::Args, Debug)]
pub struct CheckArgs {
    /// Baseline file.
    pub file: PathBuf,
    /// Result directory.
    #[arg(default_value = LATEST)]
    pub dir: PathBuf,
    /// Largest loss that does not matter, a fraction.
    #[arg(long, default_value_t = confidence::MARGIN, value_parser = fraction)]
    pub margin: f64,
    /// Files for build servers.
    #[command(flatten)]
    pub write: Write,
}

/// Runs the sub-command.
pub fn baseline(command: &Command) -> anyhow::Result<Verdict> {
    match command {
        Command::Save(args) => save(args),
        Command::Check(args) => check(args),
    }
}

fn save(args: &SaveArgs) -> anyhow::Result<Verdict> {
    let all = args.dirs.iter().map(|dir| Loaded::complete(dir, "save"));
    let all: Vec<Loaded> = all.collect::<anyhow::Result<_>>()?;
    let mut baseline = Baseline::of(&all[0]);
    for (loaded, dir) in all.iter().zip(&args.dirs) {
        baseline.add(loaded, dir)?;
    }
    if let Some(dir) = args.file.parent() {
        fs::create_dir_all(dir).with_context(|| format!("cannot make {}", dir.display()))?;
    }
    let file = args.file.display();
    let text = serde_json::to_string_pretty(&baseline)? + "\n";
    file::write(&args.file, &text)?;
    let (cells, results) = (baseline.cells.len(), all.len());
    print_line(format_args!("{file}: {cells} cells of {results} results"))?;
    Ok(Verdict::Pass)
}

fn check(args: &CheckArgs) -> anyhow::Result<Verdict> {
    let file = args.file.display();
    let text = fs::read_to_string(&args.file).map_err(|error| {
        let next = "Try: sweep baseline save";
        Usage(format!("cannot read {file}: {error}. {next}"))
    })?;
    let baseline: Baseline =
        serde_json::from_str(&text).with_context(|| format!("cannot read {file}"))?;
    let loaded = Loaded::complete(&args.dir, "check")?;
    let cases = baseline.check(&loaded, &args.dir, args.margin)?;
    if cases.is_empty() {
        return Err(Usage(format!("cannot check {file}: it has no cell")).into());
    }
    args.write.write(&baseline.experiment, &cases)?;
    for case in &cases {
        let Case { name, text, .. } = case;
        print_line(format_args!("{name:<48} {text:<44} {}", case.verdict))?;
    }
    Ok(Verdict::worst(cases.iter().map(|case| case.verdict)))
}
