// SPDX-License-Identifier: GPL-2.0

//! Threshold sweep of a counter: additions per second, and the error of its cheap read, by threshold S.

use statistics::Interval;

use super::{
    axis::Kind,
    chart::{series, Chart, Point, Series},
    figure::{Data, Figure},
    scaling::point,
    view::View,
};
use crate::{console::numbers, judge::cell::Cell};

/// The axis: how much a vCPU may hold back.
const AXIS: &str = "threshold";

/// One figure with two axes, if the threshold varies.
pub fn figures(view: &View<'_>) -> Vec<Figure> {
    if !view.scenario.axes.contains_key(AXIS) {
        return Vec::new();
    }
    let mut all: Vec<Series> = Vec::new();
    let additions = view.metric();
    let mut data = Data::new(
        format!("{additions}, error of the cheap read, and its bound"),
        &["series", "S", &additions, "error", "farthest", "bound"],
    );
    for cell in view.cells {
        let name = view.name(&cell.at, &[AXIS]);
        let rate = point(cell, AXIS, &format!("{name}, {additions}"));
        let Some((error, farthest)) = error(cell, &name, rate.x) else {
            continue;
        };
        let bound = metric(cell, "bound").into_iter().fold(0.0, f64::max);
        let mut row = vec![name.clone(), cell.get(AXIS)];
        row.extend([rate.y, error.y, farthest, bound].map(numbers::short));
        data.rows.push(row);
        let bound = marked(&name, rate.x, "bound", bound);
        for (what, right, point) in [
            (additions.as_str(), false, rate),
            ("error", true, error),
            ("bound", true, bound),
        ] {
            let series = series(&mut all, &format!("{name}: {what}"));
            series.right = right;
            series.points.push(point);
        }
    }
    let chart = Chart {
        x: "S, what a vCPU may hold back".into(),
        y: additions.clone(),
        right: Some("counts off".into()),
        kind: Kind::Log,
        series: all,
        ..Chart::default()
    };
    vec![view.figure(
        "Additions and error by threshold".into(),
        format!(
            "Left axis: {additions}. Right axis: error of the cheap read at the end of each run, and its \
             bound, by the threshold S."
        ),
        &Default::default(),
        vec![data],
        chart.draw(),
    )]
}

fn metric(cell: &Cell, name: &str) -> Vec<f64> {
    let reports = cell.reports.iter();
    reports.filter_map(|report| report.metric(name)).collect()
}

/// The error of the cheap read with its interval, and the largest.
fn error(cell: &Cell, name: &str, threshold: f64) -> Option<(Point, f64)> {
    let errors = metric(cell, "error");
    let interval = Interval::shown(&errors)?;
    let farthest = errors.iter().copied().fold(0.0, f64::max);
    let point = Point {
        interval: Some((interval.low, interval.high)),
        raw: errors,
        ..marked(name, threshold, "error", interval.median)
    };
    Some((point, farthest))
}

fn marked(name: &str, threshold: f64, what: &str, y: f64) -> Point {
    Point {
        x: threshold,
        y,
        tip: format!("{name}, S {threshold}\n{what} {}", numbers::short(y)),
        ..Point::default()
    }
}
