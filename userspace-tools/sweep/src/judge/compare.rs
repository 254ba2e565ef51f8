// SPDX-License-Identifier: GPL-2.0

//! `sweep compare`: whether one result is better or worse than another, cell by cell.

use std::path::PathBuf;

use comfy_table::CellAlignment;
use serde::Serialize;
use serde_json::json;
use statistics::{confidence, Difference, DifferenceTest, Interval, Rank, Shift};

use crate::{
    console::{stdout::print_line, table::plain, usage::Usage},
    judge::{
        cell::{all_cells, Cell},
        estimate::Estimate,
        verdict::Verdict,
    },
    plan::{
        guests::Guests,
        setting::{words, Point},
    },
    store::{directory::LATEST, loaded::Loaded, provenance::Provenance},
};

/// Arguments.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Result directory to compare with.
    pub before: PathBuf,
    /// Result directory to judge.
    #[arg(default_value = LATEST)]
    pub after: PathBuf,
    /// When to call a difference.
    #[command(flatten)]
    pub limits: Limits,
    /// Print JSON instead of a table.
    #[arg(long)]
    pub json: bool,
    /// Compare results of unlike hosts or tiers, too.
    #[arg(long)]
    pub across_hosts: bool,
}

/// When to call a difference between two samples.
#[derive(clap::Args, Clone, Copy, Debug)]
pub struct Limits {
    /// False-positive rate: how often to call a difference where there is none.
    #[arg(long, default_value_t = confidence::ALPHA, value_parser = fraction)]
    pub alpha: f64,
    /// Smallest difference that matters, a fraction.
    #[arg(long, default_value_t = confidence::MARGIN, value_parser = fraction)]
    pub margin: f64,
}

impl Limits {
    pub fn test(&self, more_is_better: bool) -> DifferenceTest {
        DifferenceTest {
            alpha: self.alpha,
            margin: self.margin,
            power: confidence::POWER,
            more_is_better,
        }
    }
}

/// A number above 0 and below 1.
pub fn fraction(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(fraction) if fraction > 0.0 && fraction < 1.0 => Ok(fraction),
        _ => Err("allowed: a number above 0 and below 1, for instance 0.05".into()),
    }
}

/// A cell of both results.
#[derive(Debug, Serialize)]
struct Line {
    #[serde(rename = "part")]
    scenario: String,
    at: Point,
    before: Side,
    after: Side,
    shift: Shift,
    rank: Rank,
    difference: Difference,
}

/// The cell's sample in one of them.
#[derive(Debug, Serialize)]
struct Side {
    values: Vec<f64>,
    interval: Interval,
}

/// Prints the comparison. FAIL if any cell is worse, NOT MEASURED if one was measured before alone.
pub fn compare(args: &Args) -> anyhow::Result<Verdict> {
    let before = Loaded::complete(&args.before, "compare")?;
    let after = Loaded::complete(&args.after, "compare")?;
    let wrong = |why: String| {
        let (before, after) = (args.before.display(), args.after.display());
        let next = "Try: two results of one experiment on one machine";
        Usage(format!(
            "cannot compare {before} and {after}: {why}. {next}"
        ))
    };
    unlike(&before.provenance, &after.provenance, args.across_hosts)
        .map_or(Ok(()), |why| Err(wrong(why)))?;
    let theirs = all_cells(&after);
    let (mut lines, mut missing) = (Vec::new(), Vec::new());
    for cell in all_cells(&before) {
        let mut others = theirs.iter();
        let other = others.find(|other| other.is_at(&cell.scenario, &cell.at));
        let name = format!("{} {}", cell.scenario, words(&cell.at));
        if let Some(why) = other.and_then(|other| other_settings(&cell, other)) {
            return Err(wrong(format!("{name}: {why}")).into());
        }
        match other.and_then(|other| line(args, cell, other)) {
            Some(line) => lines.push(line),
            None => missing.push(name),
        }
    }
    if lines.is_empty() {
        return Err(wrong("no run in common".into()).into());
    }
    match args.json {
        true => {
            let json = json!({ "lines": lines, "not_measured": missing });
            print_line(format_args!("{json:#}"))?;
        }
        false => print_line(text(args, &before, &after, &lines) + &missing_text(&missing))?,
    }
    let verdicts = lines.iter().map(|line| match line.difference {
        Difference::Better | Difference::NoDifferenceShown => Verdict::Pass,
        Difference::Worse => Verdict::Fail,
        Difference::Inconclusive { .. } => Verdict::Inconclusive,
    });
    let missing = missing.iter().map(|_| Verdict::NotMeasured);
    Ok(Verdict::worst(verdicts.chain(missing)))
}

/// The facts of [`unlike`] that are of the experiment, not of the host.
const OF_THE_EXPERIMENT: usize = 2;

/// What must be equal for a difference to be one of the code, and is not.
fn unlike(before: &Provenance, after: &Provenance, across_hosts: bool) -> Option<String> {
    let asked = if across_hosts {
        OF_THE_EXPERIMENT
    } else {
        usize::MAX
    };
    let of = |provenance: &Provenance| {
        let cpus = provenance.cpus.count().to_string();
        let guests = Guests {
            cpus: String::new(),
            ..provenance.guest.clone()
        };
        [
            ("experiment", provenance.experiment.clone()),
            ("guests", json!(guests).to_string()),
            ("tier", provenance.tier().into()),
            ("host CPU", provenance.host_cpu().into()),
            ("number of host CPUs", cpus),
        ]
    };
    let mut both = of(before).into_iter().zip(of(after)).take(asked);
    let (before, after) = both.find(|(before, after)| before != after)?;
    Some(format!(
        "the {} differs ({} and {})",
        before.0, before.1, after.1
    ))
}

/// A setting that both cells have, with different values.
fn other_settings(before: &Cell, after: &Cell) -> Option<String> {
    before.settings.iter().find_map(|(key, was)| {
        let is = after.settings.get(key).filter(|is| *is != was)?;
        Some(format!("{key} differs ({was} and {is})"))
    })
}

fn missing_text(missing: &[String]) -> String {
    let mark = |text: String, name: &String| text + "\nNOT MEASURED after: " + name;
    missing.iter().fold(String::new(), mark)
}

fn line(args: &Args, before: Cell, after: &Cell) -> Option<Line> {
    let (a, b) = (before.values(), after.values());
    Some(Line {
        shift: Shift::of(&a, &b, args.limits.alpha)?,
        rank: Rank::of(&a, &b)?,
        difference: args.limits.test(before.more_is_better()).judge(&a, &b)?,
        before: Side::of(a)?,
        after: Side::of(b)?,
        scenario: before.scenario,
        at: before.at,
    })
}

impl Side {
    fn of(values: Vec<f64>) -> Option<Self> {
        let interval = Interval::shown(&values)?;
        Some(Self { values, interval })
    }
}

fn text(args: &Args, before: &Loaded, after: &Loaded, lines: &[Line]) -> String {
    let head = format!(
        "before  {} ({})\nafter   {} ({})\n\
         medians with {} intervals, or from the least to the most of too few repeats; \
         a difference has p < {}, and {} % do not matter",
        args.before.display(),
        before.provenance.commit(),
        args.after.display(),
        after.provenance.commit(),
        confidence::percent(confidence::SHOWN),
        args.limits.alpha,
        args.limits.margin * 100.0,
    );
    let rows = lines.iter().map(|line| {
        [
            format!("{} {}", line.scenario, words(&line.at)),
            Estimate::from(line.before.interval).to_string(),
            Estimate::from(line.after.interval).to_string(),
            factor(&line.shift),
            format!("{:.4}", line.rank.p),
            line.difference.to_string(),
        ]
    });
    let columns = ["run", "before", "after", "after/before", "p", "difference"];
    let mut table = plain(columns, rows);
    for column in table.column_iter_mut().skip(1).take(4) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let differences: Vec<Difference> = lines.iter().map(|line| line.difference).collect();
    let count = Difference::count(&differences).map(|(word, n)| format!("{n} {word}"));
    format!("{head}\n\n{}\n\n{}", table.trim_fmt(), count.join(", "))
}

fn factor(shift: &Shift) -> String {
    match shift.high.is_finite() {
        true => format!("{:.3} [{:.3}, {:.3}]", shift.factor, shift.low, shift.high),
        false => format!("{:.3} [too few]", shift.factor),
    }
}
