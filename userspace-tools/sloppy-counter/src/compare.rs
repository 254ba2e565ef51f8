// SPDX-License-Identifier: GPL-2.0

//! Counters beside each other: how fast, and how wrong.

use abi::sloppy_counter::{Config, Counter};
use debugfs::{
    stats::percent,
    tool::{grid, numbers, rate, Point},
    SloppyCounter,
};

const MEASURED: [&str; 7] = [
    "adds/s", "spread", "of exact", "read off", "allowed", "lost", "verdict",
];

/// One row for each point.
pub fn compare(points: &[Point<SloppyCounter>]) -> String {
    let keys = Point::columns(points, &["counter", "threads"]);
    let header: Vec<&str> = keys.iter().copied().chain(MEASURED).collect();
    let mut grid = grid(&header);
    for point in points {
        let mut row = point.values(&keys);
        row.extend(measured(point, exact(points, &point.config)));
        grid.add_row(row);
    }
    numbers(&mut grid, 1);
    let repeats = points.first().map_or(0, |p| p.runs.len());
    format!(
        "{grid}\n\n\
         medians of {repeats}; spread: from least to most, in percent of the median\n\
         of exact: adds/s in percent of those of `exact` at the same settings\n\
         read off: how far the cheap read was from the truth at the end, at worst\n\
         lost: what was missing from the exact sum, at worst"
    )
}

/// What a point's repeats came to, with `exact` as the rate of the exact counter.
fn measured(point: &Point<SloppyCounter>, exact: Option<f64>) -> [String; 7] {
    let adds = point.sample(SloppyCounter::rate);
    let worst = |measure: fn(&SloppyCounter) -> i128| {
        let worst = point.runs.iter().map(measure).max_by_key(|n| n.abs());
        worst.unwrap_or(0).to_string()
    };
    [
        rate(adds.median),
        format!("{:.0}%", adds.spread()),
        exact.map_or("--".into(), |e| format!("{:.1}%", percent(adds.median, e))),
        worst(SloppyCounter::error),
        worst(|r| r.sum.bound.into()),
        worst(SloppyCounter::lost),
        point.outcome().to_string(),
    ]
}

/// The median rate of `exact` under otherwise the same settings; it does not know a threshold.
fn exact(points: &[Point<SloppyCounter>], config: &Config) -> Option<f64> {
    let alike = |other: &Config| Config {
        counter: Counter::Exact,
        threshold: config.threshold,
        ..*other
    };
    let same = points
        .iter()
        .find(|p| p.config.counter == Counter::Exact && alike(&p.config) == alike(config))?;
    Some(same.sample(SloppyCounter::rate).median)
}

#[cfg(test)]
mod tests {
    use super::*;
    use debugfs::Report;

    fn point(counter: &str, runs: &[(u64, u64, i64)]) -> Point<SloppyCounter> {
        let run = |&(adds, sum, read): &(u64, u64, i64)| {
            SloppyCounter::parse(&format!(
                "sloppy-counter schema=1 run=1\n\
                 config counter={counter} threads=1 threshold=64 run_ms=200\n\
                 sum elapsed_ns=1000000000 adds={adds} sum={sum} read={read} bound=64 \
                 total=held\n\
                 thread index=0 vcpu=0 adds={adds} moved=0\n"
            ))
            .unwrap()
        };
        let runs: Vec<_> = runs.iter().map(run).collect();
        Point {
            config: runs[0].config,
            runs,
        }
    }

    #[test]
    fn the_worst_repeat_shows() {
        let points = [
            point("exact", &[(100, 100, 100)]),
            point(
                "sloppy",
                &[(500, 500, 500), (400, 399, 380), (600, 600, 590)],
            ),
        ];
        let text = compare(&points);
        let row = text.lines().find(|l| l.contains("sloppy")).unwrap();
        let row: Vec<_> = row.split_whitespace().collect();
        let expected = ["500", "40%", "500.0%", "-20", "64", "1", "held"];
        assert_eq!(row[2..], expected, "{text}");
    }
}
