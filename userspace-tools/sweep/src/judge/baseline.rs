// SPDX-License-Identifier: GPL-2.0

//! `sweep baseline`: results that are saved, and later ones compared with them, with the tolerance
//! that their own noise requires.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context;
use serde::{Deserialize, Serialize};
use statistics::{confidence, median, DifferenceTest, Shift};

use crate::{
    console::{exit::Usage, stdout::print_line},
    judge::{
        cell::all_cells,
        ci::Write,
        compare::fraction,
        estimate::Estimate,
        verdict::{Case, Verdict},
    },
    plan::setting::{words, Point},
    store::{
        directory::{self, LATEST},
        loaded::Loaded,
    },
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
    /// Result directories; several show the variation between days and boots.
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
    /// Least tolerance, a fraction, however little the noise.
    #[arg(long, default_value_t = 0.02, value_parser = fraction)]
    pub floor: f64,
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

/// The file.
#[derive(Debug, Deserialize, Serialize)]
struct Baseline {
    schema: u32,
    experiment: String,
    commits: Vec<String>,
    tier: String,
    cpu: String,
    cells: Vec<Saved>,
}

/// A cell: a sample from each result.
#[derive(Debug, Deserialize, Serialize)]
struct Saved {
    #[serde(rename = "part")]
    scenario: String,
    at: Point,
    more_is_better: bool,
    samples: Vec<Vec<f64>>,
}

fn save(args: &SaveArgs) -> anyhow::Result<Verdict> {
    let all = args.dirs.iter().map(|dir| Loaded::read(dir));
    let all: Vec<Loaded> = all.collect::<anyhow::Result<_>>()?;
    let first = &all[0];
    let mut baseline = Baseline {
        schema: directory::SCHEMA,
        experiment: first.experiment.name.clone(),
        commits: Vec::new(),
        tier: first.provenance.tier().into(),
        cpu: first.provenance.host_cpu().into(),
        cells: Vec::new(),
    };
    for (loaded, dir) in all.iter().zip(&args.dirs) {
        if let Some(why) = &loaded.incomplete {
            return Err(Usage(format!("{} is incomplete: {why}", dir.display())).into());
        }
        baseline.check_origin(loaded, dir)?;
        baseline.add(loaded);
    }
    if let Some(dir) = args.file.parent() {
        fs::create_dir_all(dir).with_context(|| format!("cannot make {}", dir.display()))?;
    }
    let file = args.file.display();
    let text = serde_json::to_string_pretty(&baseline)? + "\n";
    fs::write(&args.file, text).with_context(|| format!("cannot write {file}"))?;
    let (cells, results) = (baseline.cells.len(), all.len());
    print_line(format_args!("{file}: {cells} cells of {results} results"))?;
    Ok(Verdict::Pass)
}

impl Baseline {
    /// Rejects a result of another experiment or machine, which does not show a change.
    fn check_origin(&self, loaded: &Loaded, dir: &Path) -> Result<(), Usage> {
        let had = &loaded.provenance;
        for (what, wanted, had) in [
            ("experiment", &*self.experiment, &*loaded.experiment.name),
            ("tier", &self.tier, had.tier()),
            ("CPU", &self.cpu, had.host_cpu()),
        ] {
            if wanted != had {
                let dir = dir.display();
                return Err(Usage(format!(
                    "cannot compare {dir} with the baseline: its {what} is `{had}` (baseline: `{wanted}`)"
                )));
            }
        }
        Ok(())
    }

    fn add(&mut self, loaded: &Loaded) {
        let commit = loaded.provenance.git.commit.clone();
        self.commits.push(commit.unwrap_or_default());
        for cell in all_cells(loaded) {
            let values = cell.values();
            let same = |saved: &&mut Saved| cell.is_at(&saved.scenario, &saved.at);
            match self.cells.iter_mut().find(same) {
                Some(saved) => saved.samples.push(values),
                None => self.cells.push(Saved {
                    more_is_better: cell.more_is_better(),
                    samples: vec![values],
                    scenario: cell.scenario,
                    at: cell.at,
                }),
            }
        }
    }
}

fn check(args: &CheckArgs) -> anyhow::Result<Verdict> {
    let file = args.file.display();
    let text = fs::read_to_string(&args.file).map_err(|error| {
        Usage(format!(
            "cannot read {file}: {error}. Try: sweep baseline save"
        ))
    })?;
    let baseline: Baseline =
        serde_json::from_str(&text).with_context(|| format!("cannot read {file}"))?;
    let loaded = Loaded::read(&args.dir)?;
    baseline.check_origin(&loaded, &args.dir)?;
    let cases = all_cells(&loaded).into_iter().filter_map(|cell| {
        let mut saved = baseline.cells.iter();
        let saved = saved.find(|saved| cell.is_at(&saved.scenario, &saved.at))?;
        case(args.floor, saved, &cell.values())
    });
    let cases: Vec<Case> = cases.collect();
    if cases.is_empty() {
        let dir = args.dir.display();
        return Err(Usage(format!("{file} and {dir} have no run in common")).into());
    }
    args.write.write(&baseline.experiment, &cases)?;
    for Case {
        name,
        text,
        verdict,
    } in &cases
    {
        print_line(format_args!("{name:<48} {text:<44} {verdict}"))?;
    }
    Ok(Verdict::worst(cases.iter().map(|case| case.verdict)))
}

/// The verdict on one cell; ratios are inverted where less is better.
fn case(floor: f64, saved: &Saved, now: &[f64]) -> Option<Case> {
    let before: Vec<f64> = saved.samples.concat();
    let test = DifferenceTest {
        alpha: confidence::ALPHA,
        margin: floor,
        power: confidence::BASELINE_POWER,
        more_is_better: saved.more_is_better,
    };
    let noise = test.shown(&before, now)?;
    let tolerance = noise.max(floor).max(between(&saved.samples));
    let shift = match saved.more_is_better {
        true => Shift::of(&before, now, test.alpha)?,
        false => Shift::of(now, &before, test.alpha)?,
    };
    let least = 1.0 / (1.0 + tolerance);
    let verdict = match (shift.low >= least, shift.high < least) {
        (true, _) => Verdict::Pass,
        (_, true) => Verdict::Fail,
        _ => Verdict::Inconclusive,
    };
    let percent = tolerance * 100.0;
    Some(Case {
        name: format!("{} {}", saved.scenario, words(&saved.at)),
        verdict,
        text: format!(
            "{} times as good, tolerance {percent:.1} %",
            Estimate::from(shift)
        ),
    })
}

/// The largest difference between the medians of several results, a fraction.
fn between(samples: &[Vec<f64>]) -> f64 {
    let medians = || {
        samples
            .iter()
            .filter_map(|values| median(values.iter().copied()))
    };
    let least = medians().fold(f64::INFINITY, f64::min);
    let most = medians().fold(0.0, f64::max);
    match least > 0.0 && least.is_finite() {
        true => most / least - 1.0,
        false => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn around(middle: f64) -> Vec<f64> {
        let off = [-0.9, -0.5, -0.2, 0.0, 0.1, 0.4, 0.8];
        off.map(|d| middle * (1.0 + d / 100.0)).into()
    }

    fn verdict(samples: &[f64], more_is_better: bool, now: f64) -> Verdict {
        let saved = Saved {
            scenario: "p".into(),
            at: Point::new(),
            more_is_better,
            samples: samples.iter().map(|middle| around(*middle)).collect(),
        };
        case(0.02, &saved, &around(now)).unwrap().verdict
    }

    #[test]
    fn worse_by_a_tenth_fails_and_better_by_a_tenth_passes() {
        assert_eq!(verdict(&[100.0], true, 90.0), Verdict::Fail);
        assert_eq!(verdict(&[100.0], true, 110.0), Verdict::Pass);
        assert_eq!(verdict(&[100.0], false, 110.0), Verdict::Fail);
        assert_eq!(verdict(&[100.0], true, 100.1), Verdict::Pass);
    }

    /// Two results of the same code lie 15 % apart.
    #[test]
    fn variation_between_results_is_tolerated() {
        assert_ne!(verdict(&[100.0, 115.0], true, 95.0), Verdict::Fail);
    }
}
