// SPDX-License-Identifier: GPL-2.0

//! Variants beside each other: how fast, how fair, how long waited for, and whether right.

use results::{
    table::{grid, numbers, or_dashes, rate},
    Bottleneck, Cell, Report,
};

use crate::fixes::{original, ratios};

/// One row for each point.
pub fn compare(points: &[Cell<Bottleneck>]) -> String {
    let keys = Cell::columns(points, &["case", "variant", "threads"]);
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
         medians of {repeats}; spread: of the farthest repeat from the median\n\
         of original: ops/s, of those of the case's first variant at the same settings\n\
         a CPU s: operations per second of CPU time that the threads had\n\
         fairness: Jain's index of the threads' operations\n\
         wait 99%: what 99 of 100 locks were waited for at most, in us"
    )
}

fn columns(points: &[Cell<Bottleneck>], point: &Cell<Bottleneck>) -> [String; 7] {
    let original = original(points, &point.config);
    let ratio = original.and_then(|original| ratios(point, original, Bottleneck::rate));
    let wait = point.sample(|run| Some(run.waits().quantile(0.99)? as f64 / 1e3));
    [
        rate(point.median(Bottleneck::rate)),
        point.spread(),
        or_dashes(ratio, |ratio| format!("{:.2}x", ratio.median)),
        rate(point.median(Bottleneck::granted_rate)),
        or_dashes(point.sample(Bottleneck::fairness), |s| {
            format!("{:.3}", s.median)
        }),
        or_dashes(wait, |us| format!("{:.1}", us.median)),
        point.outcome().to_string(),
    ]
}
