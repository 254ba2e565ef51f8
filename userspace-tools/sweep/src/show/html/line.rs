// SPDX-License-Identifier: GPL-2.0

//! Lines: a metric at each value of an axis with its interval, and the line fitted to it. Those of one entry of
//! the plan are on one chart.

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
    plan::{line::Line, setting::Point as Settings},
    show::comparison::fit,
};

/// A line that was measured, with its text.
type Measured<'a> = (&'a Line, &'a Fitted, String);

/// One figure for each entry of the plan of which a line was measured.
pub fn figures(view: &View<'_>, of: &EvaluatedScenario<'_>) -> Vec<Figure> {
    let measured = of.fitted().filter_map(|(line, fitted)| {
        let text = fit(line, fitted, view.clock().unit());
        Some((line, fitted.as_ref().ok()?, text))
    });
    let measured: Vec<Measured<'_>> = measured.collect();
    let charts = measured.chunk_by(|(one, ..), (next, ..)| one.chart == next.chart);
    charts.map(|lines| figure(view, lines)).collect()
}

fn figure(view: &View<'_>, lines: &[Measured<'_>]) -> Figure {
    let unit = view.clock().unit();
    let (first, ..) = lines[0];
    let head = ["line", &first.over, "mean", "from", "to", "boots"];
    let level = confidence::percent(confidence::SHOWN);
    let mut data = Data::new(
        format!("{} in {unit}, {level} intervals over boots", first.metric),
        &head,
    );
    let all = lines.iter();
    let all = all.map(|(line, of, _)| series(line, of, &mut data));
    let all = all.collect();
    let several = lines.len() > 1;
    let text: Vec<String> = lines
        .iter()
        .map(|(line, _, text)| match several {
            true => format!("{}: {text}", line.series),
            false => text.clone(),
        })
        .collect();
    let chart = Chart {
        x: format!("{} in {unit}", of_unit(&first.over).0),
        y: format!("{} in {unit}", first.metric.trim_end_matches("_ns")),
        series: all,
        ..Chart::default()
    };
    let at = Settings::new();
    let mut figure = view.figure(
        first.chart.clone(),
        text.join("; "),
        &at,
        vec![data],
        chart.draw(),
    );
    let mut kinds: Vec<String> = Vec::new();
    for label in lines.iter().filter_map(|(_, of, _)| of.label) {
        let kind = format!("{label}: {}", label.caveat_with(&view.notes()));
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    if !kinds.is_empty() {
        figure.kinds = kinds;
    }
    figure
}

/// What was measured, with the line fitted to it; its numbers go to `data`.
fn series(line: &Line, of: &Fitted, data: &mut Data) -> Series {
    let name = match line.series.as_str() {
        "" => "measured",
        name => name,
    };
    let points = of.points.iter().map(|(x, estimate)| {
        let it = estimate.bounds(1.0 - confidence::SHOWN);
        let shown = [*x, it.value, it.low, it.high].map(numbers::short);
        let tip = format!("{name}\n{} at {}", shown[1], shown[0]);
        let row = [name.to_owned()].into_iter().chain(shown);
        data.rows
            .push(row.chain([estimate.boots.to_string()]).collect());
        Point {
            x: *x,
            y: it.value,
            interval: it.low.is_finite().then_some((it.low, it.high)),
            tip,
            ..Point::default()
        }
    });
    let points: Vec<Point> = points.collect();
    let (slope, intercept) = (of.lines.slope.value(), of.lines.intercept.value());
    let on_line = points.iter().map(|p| (p.x, slope * p.x + intercept));
    Series {
        name: name.into(),
        fitted: on_line.collect(),
        points,
        style: Style::Dots,
        ..Series::default()
    }
}
