// SPDX-License-Identifier: GPL-2.0

//! Disturbance over time: each run beside the waiting time of the guest's threads at that moment.

use std::{collections::HashMap, path::Path};

use statistics::median;

use super::{
    chart::{Chart, Point, Series, Style},
    figure::{Data, Figure},
    view::repeat_command,
};
use crate::{
    console::numbers,
    judge::evaluation::Evaluation,
    plan::setting::words,
    store::{host, loaded::Loaded, record::Record},
};

/// Runs this many times as slow, or as fast, as their median are drawn at the edge.
const EDGE: f64 = 3.0;

/// Host samples in a row of the table: a second's worth.
const SAMPLES: usize = 4;

/// One figure for each guest boot with host samples.
pub fn figures(loaded: &Loaded, dir: &Path, evaluation: &Evaluation<'_>) -> Vec<Figure> {
    let mut boots: Vec<usize> = loaded.records.iter().map(|record| record.boot).collect();
    boots.sort_unstable();
    boots.dedup();
    let figures = boots.into_iter().filter_map(|boot| {
        let samples = host::read(&dir.join(format!("boot-{boot}")));
        let several = samples.len() > 1;
        several.then(|| figure(loaded, boot, runs(loaded, boot, evaluation), &samples))
    });
    figures.collect()
}

/// Each run at its end, as a multiple of the median of its own cell.
fn runs(loaded: &Loaded, boot: usize, evaluation: &Evaluation<'_>) -> Vec<Point> {
    let mut points = Vec::new();
    for scenario in &evaluation.scenarios {
        let medians: HashMap<String, f64> = scenario
            .cells
            .iter()
            .filter_map(|cell| Some((words(&cell.at), median(cell.values())?)))
            .collect();
        let name = &scenario.scenario.name;
        let guest_axes = loaded.experiment.guest.axes();
        let axes = scenario.scenario.axes.keys().map(String::as_str);
        let axes: Vec<&str> = guest_axes.iter().copied().chain(axes).collect();
        let point = |record: &Record| {
            let settings = record.settings();
            let at = axes.iter();
            let at = at.filter_map(|key| Some((key.to_string(), settings.get(*key)?.clone())));
            let at = words(&at.collect());
            let times = record.counted()?.value() / medians.get(&at)?;
            Some(Point {
                x: record.at_ms as f64 / 1000.0,
                y: times.min(EDGE),
                tip: format!("{name} {at}\n{} times its median", numbers::short(times)),
                ..Point::default()
            })
        };
        let mine = loaded.records.iter();
        let mine = mine.filter(|record| record.boot == boot && record.scenario == *name);
        points.extend(mine.filter_map(point));
    }
    points.sort_by(|a, b| a.x.total_cmp(&b.x));
    points
}

/// Between each two samples, the waiting time of the emulator's threads as a percentage of the time
/// that they were runnable.
fn waiting(samples: &[host::Sample]) -> Vec<Point> {
    let pairs = samples.windows(2).filter_map(|pair| {
        let ran = pair[1].ran_ms - pair[0].ran_ms;
        let waited = pair[1].waited_ms - pair[0].waited_ms;
        // A thread that ends takes its sums with it: such a pair is unknown.
        let known = ran >= 0.0 && waited >= 0.0 && ran + waited > 0.0;
        let percent = known.then(|| 100.0 * waited / (ran + waited))?;
        let x = pair[1].ms as f64 / 1000.0;
        Some(Point {
            x,
            y: percent,
            tip: format!("at {x:.1} s\n{percent:.0} % of the time it waited for a CPU"),
            ..Point::default()
        })
    });
    pairs.collect()
}

fn figure(loaded: &Loaded, boot: usize, runs: Vec<Point>, samples: &[host::Sample]) -> Figure {
    let waiting = waiting(samples);
    let mean = waiting.iter().map(|p| p.y).sum::<f64>() / waiting.len().max(1) as f64;
    let booted = loaded.provenance.boots.iter().find(|b| b.number == boot);
    let guest = booted.map_or_else(String::new, |b| words(&b.guest.point()));
    let mut data = Data::new(
        "by the second",
        &[
            "until s",
            "% waited",
            "runs ended",
            "median of run / its median",
        ],
    );
    data.rows = by_second(&waiting, &runs);
    let series = |name: &str, points, right, style| Series {
        name: name.into(),
        points,
        right,
        style,
        ..Series::default()
    };
    let chart = Chart {
        x: "seconds since the boot began".into(),
        y: "run / median of its repeats".into(),
        right: Some("% waited".into()),
        series: vec![
            series("runs", runs, false, Style::Dots),
            series("% waited for a CPU", waiting, true, Style::Line),
        ],
        ..Chart::default()
    };
    Figure {
        title: format!("Guest boot {boot}: {guest}"),
        words: format!(
            "Dots: each run at its end, as a multiple of the median of its own repeats (left, cut at {EDGE}). \
             Line: the share of the time that the guest's threads waited for a host CPU, {mean:.0} % on average \
             (right). Dots far from 1 where the line is high: the host disturbed the run."
        ),
        kinds: vec![format!("CPU time of the host, tier {}", loaded.provenance.tier())],
        drawing: chart.draw(),
        data: vec![data],
        settings: guest,
        command: booted.map_or_else(|| repeat_command(loaded), |b| b.command.join(" ")),
        wide: false,
    }
}

/// A second's worth of samples, and the runs that ended in it.
fn by_second(waiting: &[Point], runs: &[Point]) -> Vec<Vec<String>> {
    let rows = waiting.chunks(SAMPLES).filter_map(|samples| {
        let (from, until) = (samples.first()?.x - 0.25, samples.last()?.x);
        let mean = samples.iter().map(|p| p.y).sum::<f64>() / samples.len() as f64;
        let mine = runs.iter().filter(|run| run.x > from && run.x <= until);
        let times: Vec<f64> = mine.map(|run| run.y).collect();
        let median = median(times.iter().copied());
        Some(vec![
            format!("{until:.1}"),
            format!("{mean:.0}"),
            times.len().to_string(),
            median.map_or_else(|| "-".into(), numbers::short),
        ])
    });
    rows.collect()
}
