// SPDX-License-Identifier: GPL-2.0

//! Cumulative distribution of waits: the fraction of all waits that did not exceed a time.

use results::Histogram;

use super::{
    axis::Kind,
    chart::{Chart, Point, Series, Style},
    figure::{Data, Figure},
    view::{Guest, View},
};
use crate::console::numbers;

/// Quantiles by time in the table, and their names.
const BY_TIME: [(f64, &str); 2] = [(0.5, "p50 by time"), (0.99, "p99 by time")];

/// The quantiles in the table, and their names.
const QUANTILES: [(f64, &str); 5] = [
    (0.5, "p50"),
    (0.9, "p90"),
    (0.99, "p99"),
    (0.999, "p99.9"),
    (0.9999, "p99.99"),
];

/// One figure for each guest, at its most threads, if waits were timed.
pub fn figures(view: &View<'_>) -> Vec<Figure> {
    view.each_guest(figure)
}

fn figure(view: &View<'_>, guest: &Guest<'_>) -> Option<Figure> {
    let (threads, cells) = guest.at_most_threads();
    let without = view.guest_and_thread_axes();
    let head = ["series", "waits"].into_iter();
    let head = head.chain(QUANTILES.map(|(_, name)| name));
    let head: Vec<&str> = head.chain(BY_TIME.map(|(_, name)| name)).collect();
    let unit = view.clock().unit();
    let mut data = Data::new(
        format!(
            "waits of all threads and repeats, in {unit}; by time: the wait met at a random moment"
        ),
        &head,
    );
    let mut series = Vec::new();
    let mut tails = Vec::new();
    for cell in cells {
        let all = cell.waits();
        if all.count() == 0 {
            continue;
        }
        let name = view.name(&cell.at, &without);
        let quantiles = QUANTILES.map(|(fraction, _)| all.quantile(fraction).unwrap_or(0));
        let texts = quantiles.map(|ns| numbers::short(ns as f64));
        tails.push(format!("{name} {}", texts[2]));
        let mut row = vec![name.clone(), numbers::short(all.count() as f64)];
        row.extend(texts);
        row.extend(BY_TIME.map(|(part, _)| {
            let ns = all.quantile_by_time(part).unwrap_or(0);
            numbers::short(ns as f64)
        }));
        data.rows.push(row);
        series.push(line(name, &all, quantiles, unit));
    }
    tails.truncate(4);
    let chart = Chart {
        x: format!("wait in {unit}"),
        y: "fraction of all waits".into(),
        kind: Kind::Log,
        series,
        ..Chart::default()
    };
    (!chart.series.is_empty()).then(|| {
        view.figure(
            format!("Waits at {threads} threads{}", guest.suffix()),
            format!(
                "The fraction of all waits that did not exceed a length; the farther left and the steeper, \
                 the better. An uncontended acquisition counts as a wait of 0. p99 in {unit}: {}.",
                tails.join("; ")
            ),
            &guest.with_threads(threads),
            vec![data],
            chart.draw(),
        )
    })
}

/// The staircase of a cell and its marked quantiles.
fn line(name: String, all: &Histogram, quantiles: [u64; 5], unit: &str) -> Series {
    let stairs = all.cumulated().into_iter().map(|(ns, fraction)| Point {
        x: ns.max(1.0),
        y: fraction,
        ..Point::default()
    });
    let marks = QUANTILES.iter().zip(quantiles);
    let marks = marks.map(|((fraction, _), ns)| Point {
        x: (ns as f64).max(1.0),
        y: *fraction,
        tip: format!(
            "{name}\n{} % waited at most {} {unit}",
            fraction * 100.0,
            numbers::short(ns as f64)
        ),
        ..Point::default()
    });
    let mut points: Vec<Point> = stairs.chain(marks).collect();
    points.sort_by(|a, b| a.x.total_cmp(&b.x).then(a.y.total_cmp(&b.y)));
    Series {
        name,
        points,
        style: Style::Steps,
        ..Series::default()
    }
}
