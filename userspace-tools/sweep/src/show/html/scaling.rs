// SPDX-License-Identifier: GPL-2.0

//! Scaling curves: the main metric by threads, or workers.

use statistics::{confidence, Coefficient, Interval, Scalability};

use super::{
    chart::{series, Chart, Point, Series},
    figure::{Data, Figure},
    view::{Guest, View},
};
use crate::{console::numbers, judge::cell::Cell};

/// Series whose ends the description names.
const NAMED: usize = 4;

/// One figure for each guest; its series are everything else that varies.
pub fn figures(view: &View<'_>) -> Vec<Figure> {
    let axis = view.thread_axis();
    let Some(axis) = axis.filter(|axis| view.scenario.axes[*axis].len() > 1) else {
        return Vec::new();
    };
    let guests = view.by_guest();
    guests
        .iter()
        .map(|guest| figure(view, axis, guest))
        .collect()
}

fn figure(view: &View<'_>, axis: &str, guest: &Guest<'_>) -> Figure {
    let mut without = view.guest_axes.clone();
    without.extend(view.thread_axis());
    let mut all: Vec<Series> = Vec::new();
    for cell in &guest.cells {
        let name = view.name(&cell.at, &without);
        let point = point(cell, axis, &name);
        series(&mut all, &name).points.push(point);
    }
    let first = all
        .iter()
        .filter_map(|s| s.points.iter().find(|p| p.x == 1.0));
    let best = first.map(|point| point.y).fold(0.0, f64::max);
    let (metric, x) = (view.metric(), axis.replace('_', " "));
    let chart = Chart {
        x: x.clone(),
        y: metric.clone(),
        ideal: (!view.is_time() && best > 0.0).then_some(best),
        series: all,
        ..Chart::default()
    };
    view.figure(
        format!("{metric} by {x}{}", guest.suffix()),
        words(&chart),
        &guest.at,
        vec![
            table(&chart.series, axis, &metric),
            fits(&chart.series, view.is_time()),
        ],
        chart.draw(),
    )
}

/// The median of a cell with its interval, its runs and its tooltip.
pub fn point(cell: &Cell, axis: &str, name: &str) -> Point {
    let raw = cell.values();
    let it = Interval::shown(&raw);
    let y = it.map_or(0.0, |it| it.median);
    let interval = it.map(|it| (it.low, it.high));
    let (low, high) = interval.unwrap_or((y, y));
    Point {
        x: cell.number(axis) as f64,
        y,
        interval,
        tip: format!(
            "{name}, {} {axis}\n{} [{}, {}], {} runs",
            cell.number(axis),
            numbers::short(y),
            numbers::short(low),
            numbers::short(high),
            raw.len()
        ),
        raw,
    }
}

/// The chart as text.
fn words(chart: &Chart) -> String {
    let points = || chart.series.iter().flat_map(|s| &s.points);
    let ends = chart.series.iter().filter_map(|s| {
        let (first, last) = (s.points.first()?, s.points.last()?);
        let (first, last) = (numbers::short(first.y), numbers::short(last.y));
        Some(format!("{} {first} to {last}", s.name))
    });
    let most = points().map(|p| p.x).fold(0.0, f64::max);
    let ideal = match chart.ideal {
        Some(_) => "; dashed: the fastest single thread, times the threads",
        None => "",
    };
    let level = confidence::percent(confidence::SHOWN);
    let bars = match points().map(|p| p.raw.len()).min() {
        Some(runs) if runs < Interval::fewest() => {
            format!("all from the least to the most run, too few for {level} intervals")
        }
        _ => format!("{level} intervals of the median"),
    };
    let shown: Vec<String> = ends.clone().take(NAMED).collect();
    let more = match ends.count() {
        n if n > NAMED => format!(" and {} more", n - NAMED),
        _ => String::new(),
    };
    format!(
        "From the fewest to {most} threads: {}{more}. Dots are runs, marks medians, bars {bars}{ideal}.",
        shown.join("; ")
    )
}

fn table(series: &[Series], axis: &str, metric: &str) -> Data {
    let level = confidence::percent(confidence::SHOWN);
    let mut data = Data::new(
        format!("{metric}: median, {level} interval, and every run"),
        &["series", axis, "median", "from", "to", "runs"],
    );
    for (name, p) in series
        .iter()
        .flat_map(|s| s.points.iter().map(|p| (&s.name, p)))
    {
        let (low, high) = p.interval.unwrap_or((p.y, p.y));
        let runs: Vec<String> = p.raw.iter().map(|v| numbers::short(*v)).collect();
        let mut row = vec![name.clone(), p.x.to_string()];
        row.extend([p.y, low, high].map(numbers::short));
        row.push(runs.join(" "));
        data.rows.push(row);
    }
    data
}

/// The Universal Scalability Law, fitted to each series that has enough points.
fn fits(series: &[Series], is_time: bool) -> Data {
    let level = confidence::percent(confidence::SHOWN);
    let mut data = Data::new(
        format!("Universal Scalability Law: contention σ, coherency κ, with {level} confidence"),
        &["series", "σ", "±", "κ", "±", "most at", "R²"],
    );
    for s in series {
        let pairs = s.points.iter().flat_map(|p| {
            let rate = move |v: &f64| if is_time { 1e3 / v } else { *v };
            p.raw.iter().map(move |v| (p.x, rate(v)))
        });
        let Some(fit) = Scalability::of(&pairs.collect::<Vec<_>>()) else {
            continue;
        };
        let value = |c: Coefficient| format!("{:.4}", c.value);
        let half = |c: Coefficient| format!("{:.4}", c.half());
        data.rows.push(vec![
            s.name.clone(),
            value(fit.sigma),
            half(fit.sigma),
            value(fit.kappa),
            half(fit.kappa),
            fit.peak().map_or_else(|| "-".into(), |n| format!("{n:.1}")),
            format!("{:.3}", fit.r2),
        ]);
    }
    data
}
