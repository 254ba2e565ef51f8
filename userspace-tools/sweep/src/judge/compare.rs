// SPDX-License-Identifier: GPL-2.0

//! `sweep compare`: whether one result is better or worse than another, run by run.

use std::path::PathBuf;

use comfy_table::{presets, CellAlignment, Table, TableComponent};
use serde::Serialize;
use serde_json::json;

use crate::{
    console::exit::Usage,
    console::human,
    console::say::say,
    judge::cell::{cells, Cell},
    judge::verdict::Verdict,
    plan::setting::{words, Point},
    store::directory::LATEST,
    store::loaded::Loaded,
};
use statistics::{confidence, Difference, DifferenceTest, Interval, Rank, Shift};

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

/// A number above 0 and below 1.
pub fn fraction(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(fraction) if fraction > 0.0 && fraction < 1.0 => Ok(fraction),
        _ => Err("allowed: a number above 0 and below 1, for instance 0.05".into()),
    }
}

/// One combination of settings in both results.
#[derive(Debug, Serialize)]
struct Line {
    #[serde(rename = "part")]
    scenario: String,
    at: Point,
    before: Side,
    after: Side,
    shift: Shift,
    rank: Rank,
    verdict: Difference,
}

/// What one result has of it.
#[derive(Debug, Serialize)]
struct Side {
    values: Vec<f64>,
    interval: Interval,
}

/// Prints the comparison, and says whether anything became worse.
pub fn compare(args: &Args) -> anyhow::Result<Verdict> {
    let (before, after) = (Loaded::read(&args.before)?, Loaded::read(&args.after)?);
    let mut lines = Vec::new();
    for scenario in &before.experiment.scenarios {
        let Some(same) = after
            .experiment
            .scenarios
            .iter()
            .find(|p| p.name == scenario.name)
        else {
            continue;
        };
        let theirs = cells(&after.experiment, same, &after.records);
        for cell in cells(&before.experiment, scenario, &before.records) {
            let other = theirs.iter().find(|other| other.at == cell.at);
            lines.extend(other.and_then(|other| line(args, &scenario.name, &cell, other)));
        }
    }
    if lines.is_empty() {
        return Err(Usage(format!(
            "{} and {} have no run in common; compare two results of one experiment",
            args.before.display(),
            args.after.display()
        ))
        .into());
    }
    match args.json {
        true => say(format_args!("{:#}", json!({ "lines": lines })))?,
        false => say(text(args, &before, &after, &lines))?,
    }
    Ok(ended(&lines))
}

fn line(args: &Args, scenario: &str, before: &Cell, after: &Cell) -> Option<Line> {
    let (a, b) = (before.values(), after.values());
    let rules = DifferenceTest {
        alpha: args.limits.alpha,
        margin: args.limits.margin,
        power: confidence::POWER,
        more_is_better: before.reports.first()?.more_is_better(),
    };
    Some(Line {
        scenario: scenario.into(),
        at: before.at.clone(),
        shift: Shift::of(&a, &b, args.limits.alpha)?,
        rank: Rank::of(&a, &b)?,
        verdict: rules.judge(&a, &b)?,
        before: Side::of(a)?,
        after: Side::of(b)?,
    })
}

impl Side {
    fn of(values: Vec<f64>) -> Option<Self> {
        let interval = Interval::shown(&values)?;
        Some(Self { values, interval })
    }

    fn text(&self) -> String {
        let Interval {
            median, low, high, ..
        } = self.interval;
        format!(
            "{} [{}, {}]",
            human::short(median),
            human::short(low),
            human::short(high)
        )
    }
}

fn ended(lines: &[Line]) -> Verdict {
    let any = |is: fn(&Difference) -> bool| lines.iter().any(|line| is(&line.verdict));
    if any(|v| *v == Difference::Worse) {
        Verdict::Fail
    } else if any(|v| matches!(v, Difference::Inconclusive { .. })) {
        Verdict::Inconclusive
    } else {
        Verdict::Pass
    }
}

fn text(args: &Args, before: &Loaded, after: &Loaded, lines: &[Line]) -> String {
    let commit = |it: &Loaded| it.provenance.git.commit.clone().unwrap_or_default();
    let mut text = format!(
        "before  {} ({})\nafter   {} ({})\n\
         medians with {} intervals, or from the least to the most of too few repeats; \
         a difference is called at p < {}, and {} % do not matter\n\n",
        args.before.display(),
        commit(before),
        args.after.display(),
        commit(after),
        confidence::percent(confidence::SHOWN),
        args.limits.alpha,
        args.limits.margin * 100.0,
    );
    let mut table = Table::new();
    table.load_preset(presets::NOTHING);
    table.set_style(TableComponent::HeaderLines, '-');
    table.set_header(["run", "before", "after", "after/before", "p", "verdict"]);
    for line in lines {
        table.add_row([
            format!("{} {}", line.scenario, words(&line.at)),
            line.before.text(),
            line.after.text(),
            factor(&line.shift),
            format!("{:.4}", line.rank.p),
            line.verdict.to_string(),
        ]);
    }
    for i in 1..5 {
        if let Some(column) = table.column_mut(i) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    text += &table.trim_fmt();
    text + &format!("\n\n{}", count(lines))
}

fn factor(shift: &Shift) -> String {
    match shift.high.is_finite() {
        true => format!("{:.3} [{:.3}, {:.3}]", shift.factor, shift.low, shift.high),
        false => format!("{:.3} [too few]", shift.factor),
    }
}

fn count(lines: &[Line]) -> String {
    let of = |is: fn(&Difference) -> bool| lines.iter().filter(|line| is(&line.verdict)).count();
    format!(
        "{} better, {} worse, {} no difference shown, {} inconclusive",
        of(|v| *v == Difference::Better),
        of(|v| *v == Difference::Worse),
        of(|v| *v == Difference::NoDifferenceShown),
        of(|v| matches!(v, Difference::Inconclusive { .. })),
    )
}
