// SPDX-License-Identifier: GPL-2.0

//! Table of a sweep: rate, error and age of the counters.

use abi::sloppy_counter::{Config, Counter, Of, Speed, Switch};
use results::{
    table::{self, column, median, or_dashes, rate, time, Column},
    Cell, Clock, Report, SloppyCounter,
};
use statistics::percent;

use crate::{knee::knees, ratios::ratios};

/// One row for each cell, then knees and ratios.
pub fn compare(cells: &[Cell<SloppyCounter>]) -> String {
    let table = table::list(cells, &["counter", "threads"], &columns(cells));
    let found = [knees(cells), ratios(cells)].concat().join("\n");
    let (per, unit) = (Clock::here().per(), Clock::here().unit());
    format!(
        "{table}\
         of exact: adds{per} in percent of those of `exact` at the same settings\n\
         a CPU s: adds{per} of CPU time\n\
         {unit}/add, {unit}/read: of the quickest burst, its loop included (see `empty`)\n\
         error, age: of the audited cheap reads; without an audit, of the read at the end\n\
         lost: the largest error of the exact sum\n{found}"
    )
}

fn columns(cells: &[Cell<SloppyCounter>]) -> Vec<Column<'_, SloppyCounter>> {
    let of_exact = |cell: &Cell<SloppyCounter>| {
        or_dashes(exact(cells, &cell.config), |exact| {
            format!("{:.1}%", percent(cell.median(SloppyCounter::rate), exact))
        })
    };
    let mut columns = table::rates("adds");
    columns.extend([
        column("of exact", of_exact),
        median("a CPU s", SloppyCounter::granted_rate, rate),
        ns("add", |speed| speed.best_add_ps),
    ]);
    if cells.iter().any(|cell| cell.config.reads > 0) {
        columns.push(ns("read", |speed| speed.best_read_ps));
    }
    if cells.iter().any(|cell| cell.config.audit == Switch::On) {
        columns.extend([
            quantile("error p50", Of::Error, 0.5, rate),
            quantile("error p99", Of::Error, 0.99, rate),
            quantile("age p50", Of::Stale, 0.5, |ns| time(ns as u64)),
            quantile("age p99", Of::Stale, 0.99, |ns| time(ns as u64)),
        ]);
    }
    columns.extend([
        column("error max", |cell| worst(cell, error)),
        column("bound", |cell| worst(cell, bound)),
        column("lost", |cell| worst(cell, SloppyCounter::lost)),
        table::verdict(),
    ]);
    columns
}

fn ns<'a>(what: &str, of: fn(&Speed) -> u64) -> Column<'a, SloppyCounter> {
    let head = format!("{}/{what}", Clock::here().unit());
    let ps = move |run: &SloppyCounter| Some(of(run.speed.as_ref()?) as f64);
    median(head, ps, |ps| format!("{:.2}", ps / 1000.0))
}

/// The median over the repeats of a quantile of the audited reads.
fn quantile<'a>(
    head: &'static str,
    of: Of,
    part: f64,
    text: fn(f64) -> String,
) -> Column<'a, SloppyCounter> {
    let each = move |run: &SloppyCounter| Some(run.audited(of).quantile(part)? as f64);
    median(head, each, text)
}

fn worst(cell: &Cell<SloppyCounter>, measure: fn(&SloppyCounter) -> i128) -> String {
    let worst = cell.runs.iter().map(measure).max_by_key(|n| n.abs());
    worst.unwrap_or(0).to_string()
}

fn error(run: &SloppyCounter) -> i128 {
    let audited = run.audit.as_ref().map(|audit| i128::from(audit.worst));
    audited.unwrap_or_else(|| run.error())
}

fn bound(run: &SloppyCounter) -> i128 {
    let audited = run.audit.as_ref().map(|audit| audit.bound);
    audited.unwrap_or(run.sum.bound).into()
}

/// The median rate of `exact` at otherwise the same settings; it has no threshold.
fn exact(cells: &[Cell<SloppyCounter>], config: &Config) -> Option<f64> {
    let alike = |other: &Config| Config {
        counter: Counter::Exact,
        threshold: config.threshold,
        ..*other
    };
    let same = cells
        .iter()
        .find(|p| p.config.counter == Counter::Exact && alike(&p.config) == alike(config))?;
    Some(same.median(SloppyCounter::rate))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(counter: &str, threshold: u32, runs: &[(u64, i64, i64)]) -> Cell<SloppyCounter> {
        let config = Config {
            counter: counter.parse().unwrap(),
            threads: 1,
            threshold,
            ..Config::default()
        };
        let run = |&(adds, sum, read): &(u64, i64, i64)| {
            let mut run = results::fixture!(SloppyCounter, "sloppy-counter.sloppy");
            run.config = config;
            (run.sum.elapsed_ns, run.sum.bound) = (1_000_000_000, 64);
            (run.sum.adds, run.sum.truth) = (adds, adds as i64);
            (run.sum.sum, run.sum.read) = (sum, read);
            let speed = run.speed.as_mut().unwrap();
            (speed.add_ps, speed.best_add_ps) = (2000, 1500);
            run
        };
        Cell {
            config,
            runs: runs.iter().map(run).collect(),
        }
    }

    #[test]
    fn compare_shows_the_worst_error() {
        let runs = [(500, 500, 500), (400, 399, 380), (600, 600, 590)];
        let cells = [
            cell("exact", 64, &[(100, 100, 100)]),
            cell("sloppy", 64, &runs),
        ];
        let text = compare(&cells);
        let row = text.lines().find(|l| l.contains("sloppy")).unwrap();
        let row: Vec<_> = row.split_whitespace().collect();
        let expected = "500 ±20% 500.0% 500M 1.50 -20 64 1 PASS";
        assert_eq!(row[2..].join(" "), expected, "{text}");
        assert!(!text.contains("knee"), "{text}");
    }

    #[test]
    fn compare_names_the_knee_of_the_threshold() {
        let rates = [(1, 10), (64, 95), (4096, 100)];
        let cells = rates.map(|(s, n)| cell("sloppy", s, &[(n, n as i64, n as i64)]));
        let text = compare(&cells);
        let knee = "knee: sloppy with 1 threads: threshold=64, 95%";
        assert!(text.contains(knee), "{text}");
    }
}
