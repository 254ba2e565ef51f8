// SPDX-License-Identifier: GPL-2.0

//! Lines: a metric at each value of an axis with its interval, and the line fitted to it.

use statistics::confidence;

use super::{
    chart::{Chart, Point, Series, Style},
    figure::{Data, Figure},
    view::View,
};
use crate::{
    console::numbers,
    judge::{
        evaluation::EvaluatedScenario,
        line::{unit as of_unit, Fitted},
    },
    plan::{experiment::Line, setting::Point as Settings},
    show::comparison::fit,
};

/// One figure for each line that was measured.
pub fn figures(view: &View<'_>, of: &EvaluatedScenario<'_>) -> Vec<Figure> {
    let measured = of.fitted().filter(|(_, fitted)| fitted.is_ok());
    let figures = measured.filter_map(|(line, fitted)| {
        let text = fit(line, fitted, view.clock().unit());
        Some(figure(view, line, fitted.as_ref().ok()?, text))
    });
    figures.collect()
}

fn figure(view: &View<'_>, line: &Line, fitted: &Fitted, text: String) -> Figure {
    let unit = view.clock().unit();
    let head = [line.over.as_str(), "mean", "from", "to", "boots"];
    let level = confidence::percent(confidence::SHOWN);
    let mut data = Data::new(
        format!("{} in {unit}, {level} intervals over boots", line.metric),
        &head,
    );
    let points = fitted.points.iter().map(|(x, estimate)| {
        let it = estimate.bounds(1.0 - confidence::SHOWN);
        let shown = [*x, it.value, it.low, it.high].map(numbers::short);
        let tip = format!("{} at {}", shown[1], shown[0]);
        data.rows.push(
            shown
                .into_iter()
                .chain([estimate.boots.to_string()])
                .collect(),
        );
        Point {
            x: *x,
            y: it.value,
            interval: it.low.is_finite().then_some((it.low, it.high)),
            tip,
            ..Point::default()
        }
    });
    let points: Vec<Point> = points.collect();
    let (slope, intercept) = (fitted.lines.slope.value(), fitted.lines.intercept.value());
    let on_line = points.iter().map(|point| Point {
        x: point.x,
        y: slope * point.x + intercept,
        ..Point::default()
    });
    let on_line = Series {
        name: "fitted".into(),
        points: on_line.collect(),
        style: Style::Line,
        ..Series::default()
    };
    let measured = Series {
        name: "measured".into(),
        points,
        style: Style::Dots,
        ..Series::default()
    };
    let chart = Chart {
        x: format!("{} in {unit}", of_unit(&line.over).0),
        y: format!("{} in {unit}", line.metric.trim_end_matches("_ns")),
        series: vec![measured, on_line],
        ..Chart::default()
    };
    let at = Settings::new();
    let mut figure = view.figure(line.text.clone(), text, &at, vec![data], chart.draw());
    if let Some(label) = fitted.label {
        let caveat = label.caveat_with(&view.notes());
        figure.kinds = vec![format!("{label}: {caveat}")];
    }
    figure
}
