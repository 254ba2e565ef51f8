// SPDX-License-Identifier: GPL-2.0

//! `sweep baseline`: results that are kept, and later ones held against them, with the tolerance
//! that their own noise calls for.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context;
use serde::{Deserialize, Serialize};

use crate::{
    console::exit::Usage,
    console::human,
    console::say::say,
    judge::verdict::{Case, Verdict},
    judge::{cell::cells, ci::Write, compare::fraction},
    plan::setting::{words, Point},
    store::directory::{self, LATEST},
    store::loaded::Loaded,
};
use statistics::{confidence, median, DifferenceTest, Shift};

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

/// What is kept.
#[derive(Debug, Deserialize, Serialize)]
struct Baseline {
    schema: u32,
    experiment: String,
    commits: Vec<String>,
    tier: String,
    cpu: String,
    cells: Vec<Kept>,
}

/// One combination of settings: a sample from each result.
#[derive(Debug, Deserialize, Serialize)]
struct Kept {
    #[serde(rename = "part")]
    scenario: String,
    at: Point,
    more_is_better: bool,
    samples: Vec<Vec<f64>>,
}

/// Keeps one result or several; several show how far boots and days differ.
fn save(args: &SaveArgs) -> anyhow::Result<Verdict> {
    let all: Vec<Loaded> = args
        .dirs
        .iter()
        .map(|dir| Loaded::read(dir))
        .collect::<anyhow::Result<_>>()?;
    let first = &all[0];
    let mut kept = Baseline {
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
        alike(&kept, loaded, dir)?;
        let commit = loaded.provenance.git.commit.clone();
        kept.commits.push(commit.unwrap_or_default());
        kept.take(loaded)?;
    }
    if let Some(dir) = args.file.parent() {
        fs::create_dir_all(dir).with_context(|| format!("cannot make {}", dir.display()))?;
    }
    let text = serde_json::to_string_pretty(&kept)? + "\n";
    fs::write(&args.file, text).with_context(|| args.file.display().to_string())?;
    say(format_args!(
        "{}: {} combinations of {} results",
        args.file.display(),
        kept.cells.len(),
        all.len()
    ))?;
    Ok(Verdict::Pass)
}

/// Numbers of another machine say nothing about a change.
fn alike(kept: &Baseline, loaded: &Loaded, dir: &Path) -> Result<(), Usage> {
    let had = &loaded.provenance;
    for (what, wanted, had) in [
        (
            "experiment",
            kept.experiment.as_str(),
            loaded.experiment.name.as_str(),
        ),
        ("tier", kept.tier.as_str(), had.tier()),
        ("CPU", kept.cpu.as_str(), had.host_cpu()),
    ] {
        if wanted != had {
            let dir = dir.display();
            return Err(Usage(format!(
                "{dir}: its {what} is `{had}`, the baseline's is `{wanted}`; only like can be held against like"
            )));
        }
    }
    Ok(())
}

impl Baseline {
    fn take(&mut self, loaded: &Loaded) -> anyhow::Result<()> {
        for scenario in &loaded.experiment.scenarios {
            for cell in cells(&loaded.experiment, scenario, &loaded.records) {
                let same = |kept: &&mut Kept| kept.scenario == scenario.name && kept.at == cell.at;
                match self.cells.iter_mut().find(same) {
                    Some(kept) => kept.samples.push(cell.values()),
                    None => self.cells.push(Kept {
                        scenario: scenario.name.clone(),
                        more_is_better: cell.reports.iter().all(|r| r.more_is_better()),
                        samples: vec![cell.values()],
                        at: cell.at,
                    }),
                }
            }
        }
        Ok(())
    }
}

/// Holds a result against what was kept.
fn check(args: &CheckArgs) -> anyhow::Result<Verdict> {
    let text = fs::read_to_string(&args.file).map_err(|error| {
        let hint = "`sweep baseline save` makes one";
        Usage(format!("{}: {error}; {hint}", args.file.display()))
    })?;
    let kept: Baseline =
        serde_json::from_str(&text).with_context(|| args.file.display().to_string())?;
    let loaded = Loaded::read(&args.dir)?;
    alike(&kept, &loaded, &args.dir)?;
    let mut cases = Vec::new();
    for scenario in &loaded.experiment.scenarios {
        for cell in cells(&loaded.experiment, scenario, &loaded.records) {
            let same = |kept: &&Kept| kept.scenario == scenario.name && kept.at == cell.at;
            if let Some(kept) = kept.cells.iter().find(same) {
                cases.extend(case(args.floor, kept, &cell.values()));
            }
        }
    }
    if cases.is_empty() {
        let (file, dir) = (args.file.display(), args.dir.display());
        return Err(Usage(format!("{file} and {dir} have no run in common")).into());
    }
    args.write.write(&kept.experiment, &cases)?;
    for case in &cases {
        let Case {
            name,
            text,
            verdict,
        } = case;
        say(format_args!("{name:<48} {text:<44} {verdict}"))?;
    }
    Ok(Verdict::worst(cases.iter().map(|case| case.verdict)))
}

fn case(floor: f64, kept: &Kept, now: &[f64]) -> Option<Case> {
    let before: Vec<f64> = kept.samples.concat();
    let rules = DifferenceTest {
        alpha: confidence::ALPHA,
        margin: floor,
        power: confidence::BASELINE_POWER,
        more_is_better: kept.more_is_better,
    };
    let tolerance = rules
        .shown(&before, now)?
        .max(floor)
        .max(between(&kept.samples));
    // Turned so that more than 1 is better.
    let shift = match kept.more_is_better {
        true => Shift::of(&before, now, rules.alpha)?,
        false => Shift::of(now, &before, rules.alpha)?,
    };
    let least = 1.0 / (1.0 + tolerance);
    let verdict = match (shift.low >= least, shift.high < least) {
        (true, _) => Verdict::Pass,
        (_, true) => Verdict::Fail,
        _ => Verdict::Inconclusive,
    };
    Some(Case {
        name: format!("{} {}", kept.scenario, words(&kept.at)),
        verdict,
        text: format!(
            "{} [{}, {}] times as good, tolerance {:.1} %",
            human::short(shift.factor),
            human::short(shift.low),
            if shift.high.is_finite() {
                human::short(shift.high)
            } else {
                "?".into()
            },
            tolerance * 100.0
        ),
    })
}

/// By what part the medians of several results differ at most.
fn between(samples: &[Vec<f64>]) -> f64 {
    let medians = samples
        .iter()
        .filter_map(|values| median(values.iter().copied()));
    let medians: Vec<f64> = medians.collect();
    let least = medians.iter().copied().fold(f64::INFINITY, f64::min);
    let most = medians.iter().copied().fold(0.0, f64::max);
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

    fn verdict(samples: Vec<Vec<f64>>, more_is_better: bool, now: f64) -> Verdict {
        let kept = Kept {
            scenario: "p".into(),
            at: Point::new(),
            more_is_better,
            samples,
        };
        case(0.02, &kept, &around(now)).unwrap().verdict
    }

    #[test]
    fn a_tenth_less_is_worse_and_a_tenth_more_is_not() {
        assert_eq!(verdict(vec![around(100.0)], true, 90.0), Verdict::Fail);
        assert_eq!(verdict(vec![around(100.0)], true, 110.0), Verdict::Pass);
        assert_eq!(verdict(vec![around(100.0)], false, 110.0), Verdict::Fail);
        assert_eq!(verdict(vec![around(100.0)], true, 100.1), Verdict::Pass);
    }

    /// Where two results of the same code lie 15 % apart, 10 % are no news.
    #[test]
    fn what_days_differ_by_is_tolerated() {
        let days = vec![around(100.0), around(115.0)];
        assert_ne!(verdict(days, true, 95.0), Verdict::Fail);
    }
}
