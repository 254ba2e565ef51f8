// SPDX-License-Identifier: GPL-2.0

//! The S-sweep: what a counter gains by holding back more, and how far its cheap read is off for it.

use super::{
    axis::Kind,
    chart::{Chart, Point, Series},
    figure::{Data, Figure},
    scaling::point,
    Drawn,
};
use crate::{console::human, store::metric::metric};
use statistics::Interval;

/// The axis: how much a vCPU may hold back.
const AXIS: &str = "threshold";

/// One figure with both axes, where the threshold was varied.
pub fn figures(drawn: &Drawn<'_>) -> Vec<Figure> {
    if !drawn.scenario.axes.contains_key(AXIS) {
        return Vec::new();
    }
    let mut series: Vec<Series> = Vec::new();
    let mut data = Data {
        caption: "additions/s, how far the cheap read was off, and how far it may be".into(),
        head: ["series", "S", "additions/s", "error", "farthest", "bound"]
            .map(String::from)
            .to_vec(),
        rows: Vec::new(),
    };
    for cell in drawn.cells {
        let name = drawn.name(&cell.at, &[AXIS]);
        let rate = point(cell, AXIS, &format!("{name}, additions/s"));
        let of = |what: &str| -> Vec<f64> {
            cell.reports
                .iter()
                .filter_map(|r| metric(r, what))
                .collect()
        };
        let (errors, bounds) = (of("error"), of("bound"));
        let Some(error) = Interval::shown(&errors) else {
            continue;
        };
        let farthest = errors.iter().copied().fold(0.0, f64::max);
        let bound = bounds.iter().copied().fold(0.0, f64::max);
        let mut row = vec![name.clone(), cell.get(AXIS)];
        row.extend([rate.y, error.median, farthest, bound].map(human::short));
        data.rows.push(row);
        let x = rate.x;
        let tip = |what: &str, value: f64| format!("{name}, S {x}\n{what} {}", human::short(value));
        let off = Point {
            x,
            y: error.median,
            interval: Some((error.low, error.high)),
            tip: tip("error", error.median),
            raw: errors,
        };
        let may = Point {
            x,
            y: bound,
            tip: tip("bound", bound),
            ..Point::default()
        };
        add(&mut series, format!("{name}: additions/s"), false, rate);
        add(&mut series, format!("{name}: error"), true, off);
        add(&mut series, format!("{name}: bound"), true, may);
    }
    vec![figure(drawn, series, data)]
}

fn add(all: &mut Vec<Series>, name: String, right: bool, point: Point) {
    match all.iter_mut().find(|series| series.name == name) {
        Some(series) => series.points.push(point),
        None => all.push(Series {
            name,
            points: vec![point],
            right,
            marked: true,
            ..Series::default()
        }),
    }
}

fn figure(drawn: &Drawn<'_>, series: Vec<Series>, data: Data) -> Figure {
    Figure {
        title: "What S buys, and what it costs".into(),
        words: "Left axis: additions per second. Right axis: how far the cheap read was off at the end of \
                each run, and the bound that it promises, by the threshold S."
            .into(),
        series: series.iter().map(|s| s.name.clone()).collect(),
        data: vec![data],
        settings: drawn.settings(),
        command: drawn.command(),
        drawing: Chart {
            x: "S, what a vCPU may hold back".into(),
            y: drawn.measure().into(),
            right: Some("counts off".into()),
            kind: Kind::Log,
            series,
            ideal: None,
        }
        .draw(),
    }
}
