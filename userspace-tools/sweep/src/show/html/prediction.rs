// SPDX-License-Identifier: GPL-2.0

//! Prediction: each simulated rate over the measured one, both logarithmic.

use super::{
    axis::Kind,
    chart::{series, Chart, Point, Series, Style},
    figure::{Data, Figure},
    view::View,
};
use crate::{
    console::numbers::{ratio, short},
    judge::{
        evaluation::EvaluatedScenario,
        prediction::{Prediction, Row},
    },
    plan::setting::{values_of, without},
    show::prediction::lines,
};

/// One figure, if the scenario is a prediction that was measured.
pub fn figures(view: &View<'_>, of: &EvaluatedScenario<'_>) -> Vec<Figure> {
    let ranks = view.scenario.predict.as_ref().map(|predict| &predict.ranks);
    match (ranks, &of.prediction) {
        (Some(ranks), Some(Ok(prediction))) => vec![figure(view, ranks, prediction)],
        _ => Vec::new(),
    }
}

fn figure(view: &View<'_>, ranks: &str, of: &Prediction) -> Figure {
    let metric = view.metric();
    let head = [ranks, "at", "simulated", "measured", "ratio", ""];
    let mut data = Data::new(format!("{metric}: medians"), &head);
    let mut all: Vec<Series> = Vec::new();
    for row in &of.rows {
        let name = row.at.get(ranks).map(ToString::to_string);
        let name = name.unwrap_or_default();
        let at = values_of(&without(&row.at, ranks));
        let point = point(row, &name, &at);
        let held_out = if row.held_out { "held out" } else { "" };
        let numbers = [short(point.y), short(point.x), ratio(point.y / point.x)];
        let mut cells = vec![name.clone(), at];
        cells.extend(numbers);
        cells.push(held_out.into());
        data.rows.push(cells);
        let series = series(&mut all, &name);
        series.style = Style::Dots;
        series.points.push(point);
    }
    let rates = of.rows.iter().flat_map(|row| [row.simulated, row.middle()]);
    let (least, most) = rates.fold((f64::INFINITY, 0.0_f64), |(least, most), rate| {
        (least.min(rate), most.max(rate))
    });
    all.push(Series {
        name: "as measured".into(),
        points: [least, most].map(on_diagonal).into(),
        style: Style::Line,
        ..Series::default()
    });
    let chart = Chart {
        x: format!("measured {metric}"),
        y: format!("simulated {metric}"),
        kind: Kind::Log,
        sides: Kind::Log,
        series: all,
        ..Chart::default()
    };
    let mut figure = view.figure(
        "Simulated and measured".into(),
        format!(
            "Marks on the line are predicted exactly. {}",
            lines(of).join("; ")
        ),
        &Default::default(),
        vec![data],
        chart.draw(),
    );
    if let Some(label) = of.label {
        figure.kinds = vec![format!("{label}: {}", label.caveat_with(&view.notes()))];
    }
    figure
}

fn point(row: &Row, name: &str, at: &str) -> Point {
    let (x, y) = (row.middle(), row.simulated);
    let held_out = if row.held_out { ", held out" } else { "" };
    Point {
        x,
        y,
        tip: format!(
            "{name}, {at}{held_out}\nsimulated {}, measured {}",
            short(y),
            short(x)
        ),
        ..Point::default()
    }
}

fn on_diagonal(rate: f64) -> Point {
    Point {
        x: rate,
        y: rate,
        ..Point::default()
    }
}
