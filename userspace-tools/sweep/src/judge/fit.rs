// SPDX-License-Identifier: GPL-2.0

//! `sweep fit`: the Universal Scalability Law through every series over threads of a result.

use std::path::PathBuf;

use comfy_table::{presets, Table, TableComponent};
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
use statistics::{confidence, Coefficient, Scalability};

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

/// The axis that the law is about.
const THREADS: &str = "threads";

/// Runs that differ in threads alone.
struct Series {
    scenario: String,
    at: Point,
    measured: Vec<(f64, f64)>,
}

/// Prints the fits.
pub fn fit(args: &Args) -> anyhow::Result<Verdict> {
    let loaded = Loaded::read(&args.dir)?;
    let mut all = Vec::new();
    for scenario in &loaded.experiment.scenarios {
        if scenario.axes.contains_key(THREADS) {
            for cell in cells(&loaded.experiment, scenario, &loaded.records) {
                add(&mut all, &scenario.name, &cell);
            }
        }
    }
    if all.is_empty() {
        let why = "no part of it varies threads, so there is no curve to fit";
        return Err(Usage(format!("{}: {why}", args.dir.display())).into());
    }
    let fits = all.iter().map(|series| Scalability::of(&series.measured));
    let fits: Vec<_> = all.iter().zip(fits).collect();
    match args.json {
        true => {
            let fits = fits.iter().map(|(series, fit)| {
                json!({ "part": series.scenario, "at": series.at, "measured": series.measured, "fit": fit })
            });
            say(format_args!(
                "{:#}",
                json!({ "fits": fits.collect::<Vec<_>>() })
            ))?;
        }
        false => say(text(&fits))?,
    }
    Ok(Verdict::Pass)
}

fn add(all: &mut Vec<Series>, scenario: &str, cell: &Cell) {
    let rest = cell.at.iter().filter(|(key, _)| *key != THREADS);
    let at: Point = rest.map(|(k, v)| (k.clone(), v.clone())).collect();
    let threads = cell.number(THREADS) as f64;
    let rates = cell.reports.iter().map(|report| (threads, report.rate()));
    match all
        .iter_mut()
        .find(|series| series.scenario == scenario && series.at == at)
    {
        Some(series) => series.measured.extend(rates),
        None => all.push(Series {
            scenario: scenario.into(),
            at,
            measured: rates.collect(),
        }),
    }
}

fn text(fits: &[(&Series, Option<Scalability>)]) -> String {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING);
    table.set_style(TableComponent::HeaderLines, '-');
    table.set_header([
        "series",
        "one thread λ/s",
        "contention σ",
        "coherency κ",
        "most at threads",
        "Amdahl limit/s",
        "R²",
        "farthest off",
    ]);
    for (series, fit) in fits {
        let name = format!("{} {}", series.scenario, words(&series.at));
        table.add_row(match fit {
            Some(fit) => row(name, fit),
            None => vec![
                name,
                "no fit: three numbers of threads and four runs are needed".into(),
            ],
        });
    }
    format!(
        "X(n) = λn / (1 + σ(n-1) + κn(n-1)), by least squares; ± is {} confidence of the fit\n\n{}",
        confidence::percent(confidence::SHOWN),
        table.trim_fmt()
    )
}

fn row(name: String, fit: &Scalability) -> Vec<String> {
    let half = |c: Coefficient| (c.high - c.low) / 2.0;
    let number = |c: Coefficient| format!("{:.4} ±{:.4}", c.value, half(c));
    let worst = fit.residuals.iter().fold(0.0, |w: f64, r| w.max(r.abs()));
    vec![
        name,
        format!(
            "{} ±{}",
            human::short(fit.lambda.value),
            human::short(half(fit.lambda))
        ),
        number(fit.sigma),
        number(fit.kappa),
        fit.peak().map_or_else(|| "-".into(), |n| format!("{n:.1}")),
        fit.limit().map_or_else(|| "-".into(), human::short),
        format!("{:.3}", fit.r2),
        format!("{:.0} %", worst * 100.0),
    ]
}
