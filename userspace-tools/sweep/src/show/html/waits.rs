// SPDX-License-Identifier: GPL-2.0

//! How long threads waited: the part of all waits that were at most so long.

use super::{
    axis::Kind,
    chart::{Chart, Point, Series},
    figure::{Data, Figure},
    scaling::AXES,
    Drawn,
};
use crate::{console::human, plan::setting::Point as At, store::histogram::Histogram};

/// A guest, its most threads, and the waits of each combination at those.
type Group = (String, u64, Vec<(At, Histogram)>);

/// The quantiles in the table.
const QUANTILES: [f64; 5] = [0.5, 0.9, 0.99, 0.999, 0.9999];

/// One figure for each guest, at its most threads, where waits were timed.
pub fn figures(drawn: &Drawn<'_>) -> Vec<Figure> {
    let guest = drawn.loaded.experiment.guest.axes();
    let axis = AXES
        .iter()
        .find(|axis| drawn.scenario.axes.contains_key(**axis));
    let mut groups: Vec<Group> = Vec::new();
    for cell in drawn.cells {
        let mut all = Histogram::default();
        for record in &drawn.records {
            let settings = record.settings().unwrap_or_default();
            if cell
                .at
                .iter()
                .all(|(key, value)| settings.get(key) == Some(value))
            {
                all.add(record, "wait");
            }
        }
        if all.count() == 0 {
            continue;
        }
        let of = guest
            .iter()
            .filter_map(|key| Some(format!("{key} {}", cell.at.get(*key)?)));
        let of = of.collect::<Vec<_>>().join(", ");
        let threads = axis.map_or(0, |axis| cell.number(axis));
        let entry = (cell.at.clone(), all);
        match groups.iter_mut().find(|(name, _, _)| *name == of) {
            Some((_, most, entries)) if threads == *most => entries.push(entry),
            Some((_, most, entries)) if threads > *most => {
                *most = threads;
                *entries = vec![entry];
            }
            Some(_) => {}
            None => groups.push((of, threads, vec![entry])),
        }
    }
    let draw = |(of, threads, entries): &Group| figure(drawn, of, *threads, entries, &guest);
    groups.iter().map(draw).collect()
}

fn figure(
    drawn: &Drawn<'_>,
    of: &str,
    threads: u64,
    entries: &[(At, Histogram)],
    guest: &[&str],
) -> Figure {
    let mut data = Data {
        caption: "waits, all threads and repeats added up, in nanoseconds".into(),
        head: ["series", "waits", "p50", "p90", "p99", "p99.9", "p99.99"]
            .map(String::from)
            .to_vec(),
        rows: Vec::new(),
    };
    let without: Vec<&str> = guest.iter().copied().chain(AXES).collect();
    let mut series = Vec::new();
    for (at, all) in entries {
        let name = drawn.name(at, &without);
        let quantiles = QUANTILES.map(|fraction| all.quantile(fraction).unwrap_or(0));
        let texts = quantiles.map(|ns| human::short(ns as f64));
        let mut row = vec![name.clone(), human::short(all.count() as f64)];
        row.extend(texts.clone());
        data.rows.push(row);
        series.push(line(name, all, quantiles));
    }
    let place = if of.is_empty() {
        String::new()
    } else {
        format!(", {of}")
    };
    let tails: Vec<String> = data
        .rows
        .iter()
        .take(4)
        .map(|row| format!("{} {}", row[0], row[4]))
        .collect();
    Figure {
        title: format!("Waits at {threads} threads{place}"),
        words: format!(
            "The fraction of all waits that were at most so long; the farther left and the steeper, the \
             better. A free lock counts as no wait. 99th percentiles in ns: {}.",
            tails.join("; ")
        ),
        series: series.iter().map(|s| s.name.clone()).collect(),
        data: vec![data],
        settings: format!("{} threads={threads} {}", drawn.settings(), of.replace(' ', "=")),
        command: drawn.command(),
        drawing: Chart {
            x: "wait in ns".into(),
            y: "part of all waits".into(),
            right: None,
            kind: Kind::Log,
            series,
            ideal: None,
        }
        .draw(),
    }
}

/// The staircase of a series and its marked quantiles under one number, that of the legend.
fn line(name: String, all: &Histogram, quantiles: [u64; 5]) -> Series {
    let stairs = all.cumulated().into_iter().map(|(ns, fraction)| Point {
        x: ns.max(1.0),
        y: fraction,
        ..Point::default()
    });
    let marks = QUANTILES.iter().zip(quantiles).map(|(fraction, ns)| Point {
        x: (ns as f64).max(1.0),
        y: *fraction,
        tip: format!(
            "{name}\n{} % waited at most {} ns",
            fraction * 100.0,
            human::short(ns as f64)
        ),
        ..Point::default()
    });
    let mut points: Vec<Point> = stairs.chain(marks).collect();
    points.sort_by(|a, b| a.x.total_cmp(&b.x).then(a.y.total_cmp(&b.y)));
    Series {
        name,
        points,
        steps: true,
        marked: true,
        ..Series::default()
    }
}
