// SPDX-License-Identifier: GPL-2.0

//! Counters beside each other: how fast, how wrong, and how old.

use abi::sloppy_counter::{Config, Counter, Of, Speed, Switch};
use results::{
    table::{grid, numbers, or_dashes, rate},
    Cell, Report, SloppyCounter,
};
use statistics::percent;

use crate::{knee::knees, ratios::ratios};

/// A column: its head, and what stands in it.
type Column<'a> = (
    &'static str,
    Box<dyn Fn(&Cell<SloppyCounter>) -> String + 'a>,
);

/// One row for each point.
pub fn compare(points: &[Cell<SloppyCounter>]) -> String {
    let keys = Cell::columns(points, &["counter", "threads"]);
    let columns = columns(points);
    let heads = columns.iter().map(|(head, _)| *head);
    let header: Vec<&str> = keys.iter().copied().chain(heads).collect();
    let mut grid = grid(&header);
    for point in points {
        let mut row = point.values(&keys);
        row.extend(columns.iter().map(|(_, value)| value(point)));
        grid.add_row(row);
    }
    numbers(&mut grid, 1);
    let repeats = points.first().map_or(0, |p| p.runs.len());
    let mut found = [knees(points), ratios(points)].concat();
    // Ends the last of these lines, if there are any.
    found.push(String::new());
    let found = found.join("\n");
    format!(
        "{grid}\n\n{found}\
         medians of {repeats}; spread: of the farthest repeat from the median\n\
         of exact: adds/s in percent of those of `exact` at the same settings\n\
         a CPU s: adds per second of CPU time, gaps in which a vCPU had none left out\n\
         ns/add, ns/read: of the quickest burst, its loop included (see `empty`)\n\
         off, old: reads held against the truth: how far off for sure, and how long ago it was \
         true;\n\
         \x20         at the end of the run, where there was no audit\n\
         lost: what was missing from the exact sum, at worst"
    )
}

fn columns<'a>(points: &'a [Cell<SloppyCounter>]) -> Vec<Column<'a>> {
    let mut columns: Vec<Column<'a>> = vec![
        ("adds/s", Box::new(|p| rate(adds(p)))),
        ("spread", Box::new(Cell::spread)),
        (
            "of exact",
            Box::new(|p| {
                let exact = exact(points, &p.config);
                or_dashes(exact, |e| format!("{:.1}%", percent(adds(p), e)))
            }),
        ),
        (
            "a CPU s",
            Box::new(|p| or_dashes(p.sample(SloppyCounter::granted_rate), |s| rate(s.median))),
        ),
        ("ns/add", Box::new(|p| ns(p, |speed| speed.best_add_ps))),
    ];
    if points.iter().any(|p| p.config.reads > 0) {
        columns.push(("ns/read", Box::new(|p| ns(p, |speed| speed.best_read_ps))));
    }
    if points.iter().any(|p| p.config.audit == Switch::On) {
        columns.extend::<[Column<'a>; 4]>([
            ("off 50%", Box::new(|p| quantile(p, Of::Error, 0.5, number))),
            (
                "off 99%",
                Box::new(|p| quantile(p, Of::Error, 0.99, number)),
            ),
            ("old 50%", Box::new(|p| quantile(p, Of::Stale, 0.5, age))),
            ("old 99%", Box::new(|p| quantile(p, Of::Stale, 0.99, age))),
        ]);
    }
    columns.extend::<[Column<'a>; 4]>([
        ("off max", Box::new(|p| worst(p, off))),
        ("allowed", Box::new(|p| worst(p, allowed))),
        ("lost", Box::new(|p| worst(p, SloppyCounter::lost))),
        ("verdict", Box::new(|p| p.outcome().to_string())),
    ]);
    columns
}

fn adds(point: &Cell<SloppyCounter>) -> f64 {
    point.median(SloppyCounter::rate)
}

fn ns(point: &Cell<SloppyCounter>, of: fn(&Speed) -> u64) -> String {
    let ps = point.sample(|run| Some(of(run.speed.as_ref()?) as f64));
    or_dashes(ps, |ps| format!("{:.2}", ps.median / 1000.0))
}

/// The median over the repeats of a quantile of audited reads.
fn quantile(point: &Cell<SloppyCounter>, of: Of, part: f64, text: fn(f64) -> String) -> String {
    let each = point.sample(|run| Some(run.audited(of).quantile(part)? as f64));
    or_dashes(each, |each| text(each.median))
}

fn number(value: f64) -> String {
    format!("{value:.0}")
}

/// Nanoseconds, readable.
fn age(ns: f64) -> String {
    match ns >= 1e6 {
        true => format!("{:.1}ms", ns / 1e6),
        false => format!("{:.0}us", ns / 1e3),
    }
}

fn worst(point: &Cell<SloppyCounter>, measure: fn(&SloppyCounter) -> i128) -> String {
    let worst = point.runs.iter().map(measure).max_by_key(|n| n.abs());
    worst.unwrap_or(0).to_string()
}

fn off(run: &SloppyCounter) -> i128 {
    let audited = run.audit.as_ref().map(|audit| i128::from(audit.worst));
    audited.unwrap_or_else(|| run.error())
}

fn allowed(run: &SloppyCounter) -> i128 {
    let audited = run.audit.as_ref().map(|audit| audit.bound);
    audited.unwrap_or(run.sum.bound).into()
}

/// The median rate of `exact` under otherwise the same settings; it does not know a threshold.
fn exact(points: &[Cell<SloppyCounter>], config: &Config) -> Option<f64> {
    let alike = |other: &Config| Config {
        counter: Counter::Exact,
        threshold: config.threshold,
        ..*other
    };
    let same = points
        .iter()
        .find(|p| p.config.counter == Counter::Exact && alike(&p.config) == alike(config))?;
    Some(adds(same))
}

#[cfg(test)]
mod tests {
    use super::*;
    use results::Report;

    fn point(counter: &str, threshold: u32, runs: &[(u64, i64, i64)]) -> Cell<SloppyCounter> {
        let run = |&(adds, sum, read): &(u64, i64, i64)| {
            let config = Config {
                counter: counter.parse().unwrap(),
                threads: 1,
                threshold,
                ..Config::default()
            };
            SloppyCounter::parse(&format!(
                "sloppy-counter schema={} run=1\nconfig {config}\n\
                 sum elapsed_ns=1000000000 adds={adds} truth={adds} sum={sum} read={read} bound=64 \
                 total=held\n\
                 speed busy_ns=9 lost_ns=0 steal_ns=0 add_ps=2000 best_add_ps=1500 shared_add_ps=0 shared=0 reads=0 \
                 read_ps=0 best_read_ps=0\n\
                 thread index=0 vcpu=0 adds={adds} moved=0\n",
                abi::SCHEMA
            ))
            .unwrap()
        };
        let runs: Vec<_> = runs.iter().map(run).collect();
        Cell {
            config: runs[0].config,
            runs,
        }
    }

    #[test]
    fn the_worst_repeat_shows() {
        let points = [
            point("exact", 64, &[(100, 100, 100)]),
            point(
                "sloppy",
                64,
                &[(500, 500, 500), (400, 399, 380), (600, 600, 590)],
            ),
        ];
        let text = compare(&points);
        let row = text.lines().find(|l| l.contains("sloppy")).unwrap();
        let row: Vec<_> = row.split_whitespace().collect();
        let expected = [
            "500", "±20%", "500.0%", "500.00M", "1.50", "-20", "64", "1", "PASS",
        ];
        assert_eq!(row[2..], expected, "{text}");
        assert!(!text.contains("knee"), "{text}");
    }

    #[test]
    fn a_sweep_of_the_threshold_names_the_knee() {
        let rates = [(1, 10), (64, 95), (4096, 100)];
        let points = rates.map(|(s, n)| point("sloppy", s, &[(n, n as i64, n as i64)]));
        let text = compare(&points);
        assert!(
            text.contains("knee: sloppy with 1 threads: threshold=64, 95%"),
            "{text}"
        );
    }
}
