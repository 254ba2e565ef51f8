// SPDX-License-Identifier: GPL-2.0

//! Scaling curves: what more threads, or workers, bring.

use super::{
    axis::Kind,
    chart::{Chart, Point, Series},
    figure::{Data, Figure},
    Drawn,
};
use crate::{console::human, judge::cell::Cell, plan::experiment::Module};
use statistics::{confidence, Interval, Scalability};

/// The axes that count threads.
pub const AXES: [&str; 2] = ["threads", "max_threads"];

/// One figure for each guest, its series everything else that varies.
pub fn figures(drawn: &Drawn<'_>) -> Vec<Figure> {
    let axes = drawn.scenario.axes.iter();
    let mut axes = axes.filter(|(key, values)| AXES.contains(&key.as_str()) && values.len() > 1);
    let Some((axis, _)) = axes.next() else {
        return Vec::new();
    };
    let guest = drawn.loaded.experiment.guest.axes();
    let mut groups: Vec<(String, Vec<&Cell>)> = Vec::new();
    for cell in drawn.cells {
        let of: Vec<String> = guest
            .iter()
            .filter_map(|key| Some(format!("{key} {}", cell.at.get(*key)?)))
            .collect();
        let of = of.join(", ");
        match groups.iter_mut().find(|(name, _)| *name == of) {
            Some((_, cells)) => cells.push(cell),
            None => groups.push((of, vec![cell])),
        }
    }
    let draw = |(of, cells): &(String, Vec<&Cell>)| figure(drawn, axis, of, cells, &guest);
    groups.iter().map(draw).collect()
}

fn figure(drawn: &Drawn<'_>, axis: &str, of: &str, cells: &[&Cell], guest: &[&str]) -> Figure {
    let without: Vec<&str> = guest.iter().copied().chain([axis]).collect();
    let mut series: Vec<Series> = Vec::new();
    for cell in cells {
        let name = drawn.name(&cell.at, &without);
        let point = point(cell, axis, &name);
        match series.iter_mut().find(|series| series.name == name) {
            Some(series) => series.points.push(point),
            None => series.push(Series {
                name,
                points: vec![point],
                marked: true,
                ..Series::default()
            }),
        }
    }
    let jobs = drawn.scenario.module == Module::JobRunner;
    let one = series
        .iter()
        .filter_map(|s| s.points.iter().find(|p| p.x == 1.0));
    let best = one.map(|point| point.y).fold(0.0, f64::max);
    let place = if of.is_empty() {
        String::new()
    } else {
        format!(", {of}")
    };
    Figure {
        title: format!("{} by {}{place}", drawn.measure(), axis.replace('_', " ")),
        words: words(&series, jobs),
        series: series.iter().map(|s| s.name.clone()).collect(),
        data: vec![table(&series, axis, drawn.measure()), fits(&series, jobs)],
        settings: format!(
            "{} {}",
            drawn.settings(),
            of.replace(' ', "=").replace(",=", " ")
        ),
        command: drawn.command(),
        drawing: Chart {
            x: axis.replace('_', " "),
            y: drawn.measure().into(),
            right: None,
            kind: Kind::Linear,
            ideal: (!jobs && best > 0.0).then_some(best),
            series,
        }
        .draw(),
    }
}

/// The median of a cell with everything that is known of it.
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
            human::short(y),
            human::short(low),
            human::short(high),
            raw.len()
        ),
        raw,
    }
}

/// What is to be seen, for those who do not see it.
fn words(series: &[Series], jobs: bool) -> String {
    let ends = series.iter().filter_map(|s| {
        let (first, last) = (s.points.first()?, s.points.last()?);
        Some(format!(
            "{} {} to {}",
            s.name,
            human::short(first.y),
            human::short(last.y)
        ))
    });
    let most = series
        .iter()
        .flat_map(|s| &s.points)
        .map(|p| p.x)
        .fold(0.0, f64::max);
    let ideal = if jobs {
        ""
    } else {
        "; dashed: the fastest single thread, times the threads"
    };
    let runs = series
        .iter()
        .flat_map(|s| &s.points)
        .map(|p| p.raw.len())
        .min();
    let level = confidence::percent(confidence::SHOWN);
    let bars = match runs {
        Some(runs) if runs < Interval::fewest() => {
            format!("all from the least to the most run, too few for {level} intervals")
        }
        _ => format!("{level} intervals of the median"),
    };
    let shown: Vec<String> = ends.clone().take(4).collect();
    let more = match ends.count() {
        n if n > 4 => format!(" and {} more", n - 4),
        _ => String::new(),
    };
    format!(
        "From the fewest to {most} threads: {}{more}. Dots are runs, marks medians, bars {bars}{ideal}.",
        shown.join("; ")
    )
}

fn table(series: &[Series], axis: &str, measure: &str) -> Data {
    let level = confidence::percent(confidence::SHOWN);
    let mut data = Data {
        caption: format!("{measure}: median, {level} interval, and every run"),
        head: ["series", axis, "median", "from", "to", "runs"]
            .map(String::from)
            .to_vec(),
        rows: Vec::new(),
    };
    for s in series {
        for p in &s.points {
            let (low, high) = p.interval.unwrap_or((p.y, p.y));
            let runs: Vec<String> = p.raw.iter().map(|v| human::short(*v)).collect();
            data.rows.push(vec![
                s.name.clone(),
                p.x.to_string(),
                human::short(p.y),
                human::short(low),
                human::short(high),
                runs.join(" "),
            ]);
        }
    }
    data
}

/// The law of scalability through each series that it can be fitted to.
fn fits(series: &[Series], jobs: bool) -> Data {
    let mut data = Data {
        caption: format!(
            "Universal Scalability Law: contention σ, coherency κ, with {} confidence",
            confidence::percent(confidence::SHOWN)
        ),
        head: ["series", "σ", "±", "κ", "±", "most at", "R²"]
            .map(String::from)
            .to_vec(),
        rows: Vec::new(),
    };
    for s in series {
        let pairs = s.points.iter().flat_map(|p| {
            let rate = move |v: &f64| if jobs { 1e3 / v } else { *v };
            p.raw.iter().map(move |v| (p.x, rate(v)))
        });
        let Some(fit) = Scalability::of(&pairs.collect::<Vec<_>>()) else {
            continue;
        };
        let off = |c: statistics::Coefficient| format!("{:.4}", c.half());
        data.rows.push(vec![
            s.name.clone(),
            format!("{:.4}", fit.sigma.value),
            off(fit.sigma),
            format!("{:.4}", fit.kappa.value),
            off(fit.kappa),
            fit.peak().map_or_else(|| "-".into(), |n| format!("{n:.1}")),
            format!("{:.3}", fit.r2),
        ]);
    }
    data
}
