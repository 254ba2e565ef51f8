// SPDX-License-Identifier: GPL-2.0

//! `sweep fit`: the Universal Scalability Law, fitted to every series over threads of a result.

use std::path::PathBuf;

use serde::Serialize;
use serde_json::json;
use statistics::{confidence, Coefficient, Scalability};

use crate::{
    console::{numbers, stdout::print_line, table::plain, usage::Usage},
    judge::{
        cell::{all_cells, Cell},
        label::{self, Label},
        verdict::Verdict,
    },
    plan::setting::{words, Point},
    store::{directory::LATEST, loaded::Loaded},
};

/// Arguments.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Result directory.
    #[arg(default_value = LATEST)]
    pub dir: PathBuf,
    /// Print JSON instead of a table.
    #[arg(long)]
    pub json: bool,
}

/// The axis of the law.
const THREADS: &str = "threads";

/// Runs that differ in threads alone.
#[derive(Serialize)]
struct Series {
    #[serde(rename = "part")]
    scenario: String,
    at: Point,
    measured: Vec<(f64, f64)>,
    fit: Option<Scalability>,
    /// Kind and tier of its most threads.
    #[serde(flatten)]
    label: Option<Label>,
}

pub fn fit(args: &Args) -> anyhow::Result<Verdict> {
    let loaded = Loaded::complete(&args.dir, "fit")?;
    let mut all: Vec<Series> = Vec::new();
    for cell in all_cells(&loaded) {
        if cell.at.contains_key(THREADS) {
            add(&mut all, cell);
        }
    }
    if all.is_empty() {
        let dir = args.dir.display();
        let why = format!("cannot fit {dir}: none of its scenarios varies threads");
        return Err(Usage(why).into());
    }
    for series in &mut all {
        series.fit = Scalability::of(&series.measured);
    }
    match args.json {
        true => print_line(format_args!("{:#}", json!({ "fits": all })))?,
        false => print_line(text(&all))?,
    }
    Ok(Verdict::Pass)
}

fn add(all: &mut Vec<Series>, mut cell: Cell) {
    let threads = cell.number(THREADS) as f64;
    let rates = cell.reports.iter().map(|report| (threads, report.rate()));
    let measured = rates.collect();
    let label = label::of_cell(&cell, "value");
    cell.at.shift_remove(THREADS);
    let same = |series: &&mut Series| series.scenario == cell.scenario && series.at == cell.at;
    match all.iter_mut().find(same) {
        Some(series) => {
            series.measured.extend::<Vec<_>>(measured);
            series.label = label;
        }
        None => all.push(Series {
            scenario: cell.scenario,
            at: cell.at,
            measured,
            fit: None,
            label,
        }),
    }
}

fn text(all: &[Series]) -> String {
    let columns = [
        "series",
        "one thread λ/s",
        "contention σ",
        "coherency κ",
        "peak at threads",
        "Amdahl limit/s",
        "R²",
        "largest residual",
        "kind",
    ];
    let table = plain(columns, all.iter().map(row));
    format!(
        "X(n) = λn / (1 + σ(n-1) + κn(n-1)), by least squares; ± is {} confidence of the fit\n\n{}",
        confidence::percent(confidence::SHOWN),
        table.trim_fmt()
    )
}

fn row(series: &Series) -> Vec<String> {
    let name = format!("{} {}", series.scenario, words(&series.at));
    let Some(fit) = &series.fit else {
        let why = "no fit: three numbers of threads and four runs are needed";
        return vec![name, why.into()];
    };
    let number = |c: Coefficient| format!("{:.4} ±{:.4}", c.value, c.half());
    let [lambda, off] = [fit.lambda.value, fit.lambda.half()].map(numbers::short);
    let worst = fit.residuals.iter().fold(0.0, |w: f64, r| w.max(r.abs()));
    vec![
        name,
        format!("{lambda} ±{off}"),
        number(fit.sigma),
        number(fit.kappa),
        fit.peak().map_or_else(|| "-".into(), |n| format!("{n:.1}")),
        fit.limit().map_or_else(|| "-".into(), numbers::short),
        format!("{:.3}", fit.r2),
        format!("{:.0} %", worst * 100.0),
        series
            .label
            .map_or_else(|| "?".into(), |label| label.to_string()),
    ]
}
