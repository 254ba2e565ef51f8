// SPDX-License-Identifier: GPL-2.0

//! `sweep compare`: whether one result is better or worse than another, cell by cell.

use std::path::PathBuf;

use comfy_table::CellAlignment;
use serde::Serialize;
use serde_json::json;
use statistics::{confidence, Bounds, Estimate, Scale};

use crate::{
    console::{stdout::print_line, table::plain, usage::Usage},
    judge::{
        cell::{all_cells, Cell},
        claims::again,
        decide::interval,
        difference::{call, Called, Difference, Limits},
        label::{self, Label},
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

/// A cell of both results.
#[derive(Debug, Serialize)]
struct Line {
    #[serde(rename = "part")]
    scenario: String,
    at: Point,
    before: Side,
    after: Side,
    #[serde(flatten)]
    called: Called,
    #[serde(flatten)]
    label: Option<Label>,
}

/// The cell's sample in one of them.
#[derive(Debug, Serialize)]
struct Side {
    /// The values of each boot.
    boots: Vec<Vec<f64>>,
    #[serde(flatten)]
    bounds: Bounds,
    #[serde(skip)]
    estimate: Estimate,
}

/// Both sides of a cell, before its family is called.
struct Pair {
    scenario: String,
    at: Point,
    more_is_better: bool,
    label: Option<Label>,
    before: Side,
    after: Side,
}

/// Prints the comparison. FAIL if any cell is worse, NOT MEASURED if one was measured before alone.
pub fn compare(args: &Args) -> anyhow::Result<Verdict> {
    if again::file(&args.before).is_some() {
        return again::compare(&args.before, &args.after, args.json);
    }
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
    let (mut pairs, mut missing) = (Vec::new(), Vec::new());
    for cell in all_cells(&before) {
        let mut others = theirs.iter();
        let other = others.find(|other| other.is_at(&cell.scenario, &cell.at));
        let name = format!("{} {}", cell.scenario, words(&cell.at));
        if let Some(why) = other.and_then(|other| other_settings(&cell, other)) {
            return Err(wrong(format!("{name}: {why}")).into());
        }
        match other
            .ok_or("no run".into())
            .and_then(|other| pair(cell, other))
        {
            Ok(pair) => pairs.push(pair),
            Err(why) => missing.push((name, why)),
        }
    }
    if pairs.is_empty() {
        return Err(wrong("no run in common".into()).into());
    }
    let lines = lines(pairs, &args.limits);
    match args.json {
        true => {
            let missing: Vec<&String> = missing.iter().map(|(name, _)| name).collect();
            let json = json!({ "lines": lines, "not_measured": missing });
            print_line(format_args!("{json:#}"))?;
        }
        false => print_line(text(args, &before, &after, &lines) + &missing_text(&missing))?,
    }
    let verdicts = lines.iter().map(|line| line.called.difference.verdict());
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

fn missing_text(missing: &[(String, String)]) -> String {
    let mark = |text: String, (name, why): &(String, String)| {
        format!("{text}\nNOT MEASURED after: {name}: {why}")
    };
    missing.iter().fold(String::new(), mark)
}

fn pair(before: Cell, after: &Cell) -> Result<Pair, String> {
    Ok(Pair {
        more_is_better: before.more_is_better(),
        label: label::of_ratio(after, "value", &before, "value"),
        before: Side::of(&before)?,
        after: Side::of(after)?,
        scenario: before.scenario,
        at: before.at,
    })
}

fn lines(pairs: Vec<Pair>, limits: &Limits) -> Vec<Line> {
    let ratios = pairs.iter().map(|pair| {
        let ratio = pair.after.estimate.over(&pair.before.estimate);
        (ratio, pair.more_is_better)
    });
    let ratios: Vec<(Estimate, bool)> = ratios.collect();
    let lines = pairs.into_iter().zip(call(&ratios, limits));
    let lines = lines.map(|(pair, called)| Line {
        scenario: pair.scenario,
        at: pair.at,
        before: pair.before,
        after: pair.after,
        label: pair.label,
        called,
    });
    lines.collect()
}

impl Side {
    fn of(cell: &Cell) -> Result<Self, String> {
        let boots = cell.by_boot("value")?;
        let estimate = Estimate::of(Scale::Ratio, &boots).ok_or("a rate is zero")?;
        let bounds = estimate.bounds(1.0 - confidence::SHOWN);
        Ok(Self {
            boots,
            bounds,
            estimate,
        })
    }
}

fn text(args: &Args, before: &Loaded, after: &Loaded, lines: &[Line]) -> String {
    let boots = lines
        .iter()
        .map(|l| l.before.boots.len().min(l.after.boots.len()));
    let head = format!(
        "before  {} ({})\nafter   {} ({})\n\
         boots are the unit, {} of each at least; estimates with {} intervals; a difference is called if its \
         interval lies beyond {} %,\nno line wrongly with a probability of {} %",
        args.before.display(),
        before.provenance.commit(),
        args.after.display(),
        after.provenance.commit(),
        boots.min().unwrap_or(0),
        confidence::percent(confidence::SHOWN),
        args.limits.margin * 100.0,
        (1.0 - args.limits.alpha) * 100.0,
    );
    let rows = lines.iter().map(|line| {
        [
            format!("{} {}", line.scenario, words(&line.at)),
            interval(line.before.bounds),
            interval(line.after.bounds),
            factor(&line.called.ratio),
            line.called.difference.to_string(),
            line.label
                .map_or_else(|| "?".into(), |label| label.to_string()),
        ]
    });
    let columns = [
        "run",
        "before",
        "after",
        "after/before",
        "difference",
        "kind",
    ];
    let mut table = plain(columns, rows);
    for column in table.column_iter_mut().skip(1).take(3) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let differences: Vec<Difference> = lines.iter().map(|l| l.called.difference).collect();
    let count = Difference::count(&differences).map(|(word, n)| format!("{n} {word}"));
    format!("{head}\n\n{}\n\n{}", table.trim_fmt(), count.join(", "))
}

fn factor(ratio: &Bounds) -> String {
    match ratio.high.is_finite() {
        true => format!("{:.3} [{:.3}, {:.3}]", ratio.value, ratio.low, ratio.high),
        false => format!("{:.3} of one boot", ratio.value),
    }
}
