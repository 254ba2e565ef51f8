// SPDX-License-Identifier: GPL-2.0

//! Variants beside each other: how fast, how fair, how long waited for, and whether right.

use debugfs::{
    stats::Sample,
    tool::{grid, numbers, rate, Point},
    Bottleneck,
};

use crate::fixes::{original, ratios};

/// One row for each point.
pub fn compare(points: &[Point<Bottleneck>]) -> String {
    let keys = Point::columns(points, &["case", "variant", "threads"]);
    let further = [
        "ops/s",
        "spread",
        "of original",
        "a CPU s",
        "fairness",
        "wait 99%",
        "verdict",
    ];
    let header: Vec<&str> = keys.iter().copied().chain(further).collect();
    let mut grid = grid(&header);
    for point in points {
        let mut row = point.values(&keys);
        row.extend(columns(points, point));
        grid.add_row(row);
    }
    numbers(&mut grid, 2);
    let repeats = points.first().map_or(0, |p| p.runs.len());
    format!(
        "{grid}\n\n\
         medians of {repeats}; spread: from least to most, in percent of the median\n\
         of original: ops/s, of those of the case's first variant at the same settings\n\
         a CPU s: operations per second of CPU time that the threads had\n\
         fairness: Jain's index of the threads' operations\n\
         wait 99%: what 99 of 100 locks were waited for at most, in us"
    )
}

fn columns(points: &[Point<Bottleneck>], point: &Point<Bottleneck>) -> [String; 7] {
    let mine = point.sample(Bottleneck::rate);
    let ratio =
        original(points, &point.config).map(|original| ratios(point, original, Bottleneck::rate));
    [
        rate(mine.median),
        format!("{:.0}%", mine.spread()),
        ratio.map_or("--".into(), |ratio| format!("{:.2}x", ratio.median)),
        rate(point.sample(Bottleneck::granted_rate).median),
        format!("{:.3}", point.sample(Bottleneck::fairness).median),
        wait(point),
        point.outcome().to_string(),
    ]
}

fn wait(point: &Point<Bottleneck>) -> String {
    let each = point
        .runs
        .iter()
        .filter_map(|run| run.waits().quantile(0.99));
    let each: Vec<f64> = each.map(|ns| ns as f64 / 1e3).collect();
    match each.is_empty() {
        true => "--".into(),
        false => format!("{:.1}", Sample::of(each).median),
    }
}
