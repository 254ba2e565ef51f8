// SPDX-License-Identifier: GPL-2.0

//! What guests measured, against what their host did to them at that moment.

use std::{collections::HashMap, path::Path};

use super::{
    again,
    axis::Kind,
    chart::{Chart, Point, Series},
    figure::{Data, Figure},
};
use crate::{
    console::human,
    judge::evaluation::{EvaluatedScenario, Evaluation},
    plan::setting::words,
    store::host,
    store::loaded::Loaded,
};
use statistics::median;

/// One figure for each boot that was watched.
pub fn figures(
    loaded: &Loaded,
    dir: &Path,
    evaluation: &Evaluation<'_>,
) -> anyhow::Result<Vec<Figure>> {
    let mut medians = HashMap::new();
    for EvaluatedScenario {
        scenario, cells, ..
    } in &evaluation.scenarios
    {
        for cell in cells {
            let median = median(cell.values()).unwrap_or(0.0);
            medians.insert((scenario.name.clone(), words(&cell.at)), median);
        }
    }
    let mut boots: Vec<usize> = loaded.records.iter().map(|record| record.boot).collect();
    boots.sort_unstable();
    boots.dedup();
    let mut figures = Vec::new();
    for boot in boots {
        let samples = host::read(&dir.join(format!("boot-{boot}")));
        if samples.len() > 1 {
            let runs = runs(loaded, boot, &medians)?;
            figures.push(figure(loaded, boot, runs, &samples));
        }
    }
    Ok(figures)
}

/// Each run by when it ended, as a multiple of the median of its own repeats.
fn runs(
    loaded: &Loaded,
    boot: usize,
    medians: &HashMap<(String, String), f64>,
) -> anyhow::Result<Vec<Point>> {
    let guest = loaded.experiment.guest.axes();
    let mut points = Vec::new();
    for scenario in &loaded.experiment.scenarios {
        let mine = |r: &&crate::store::record::Record| {
            r.boot == boot && r.scenario == scenario.name && r.counts() && r.said.error().is_none()
        };
        for record in loaded.records.iter().filter(mine) {
            let settings = record.settings()?;
            let axes = guest
                .iter()
                .copied()
                .chain(scenario.axes.keys().map(String::as_str));
            let at = axes.filter_map(|key| Some((key.to_string(), settings.get(key)?.clone())));
            let at = words(&at.collect());
            let report = record.report()?;
            let Some(median) = medians.get(&(scenario.name.clone(), at.clone())) else {
                continue;
            };
            let times = report.value() / median;
            points.push(Point {
                x: record.at_ms as f64 / 1000.0,
                y: times.min(3.0),
                tip: format!(
                    "{} {at}\n{} times its median",
                    scenario.name,
                    human::short(times)
                ),
                ..Point::default()
            });
        }
    }
    points.sort_by(|a, b| a.x.total_cmp(&b.x));
    Ok(points)
}

/// Between each two samples, the part of the time that the emulator's threads waited for a CPU of
/// all that they wanted to run.
fn steal(samples: &[host::Sample]) -> Vec<Point> {
    let pairs = samples.windows(2).filter_map(|pair| {
        let (ran, waited) = (
            pair[1].ran_ms - pair[0].ran_ms,
            pair[1].waited_ms - pair[0].waited_ms,
        );
        // A thread that ended takes its sums with it: then there is nothing to be said.
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
    let steal = steal(samples);
    let mean = steal.iter().map(|p| p.y).sum::<f64>() / steal.len().max(1) as f64;
    let booted = loaded.provenance.boots.iter().find(|b| b.number == boot);
    let guest = booted.map_or_else(String::new, |b| words(&b.guest.point()));
    let head = [
        "until s",
        "% waited",
        "runs ended",
        "median of run / its median",
    ];
    Figure {
        title: format!("Boot {boot}: {guest}"),
        words: format!(
            "Dots: each run when it ended, as a multiple of the median of its own repeats (left, cut at 3). \
             Line: the share of the time that the guest's threads waited for a host CPU, {mean:.0} % on average \
             (right). Dots far from 1 where the line is high were disturbed by the host."
        ),
        series: vec!["runs".into(), "% waited for a CPU".into()],
        data: vec![Data {
            caption: "by the second".into(),
            head: head.map(String::from).to_vec(),
            rows: by_second(&steal, &runs),
        }],
        settings: guest,
        command: booted.map_or_else(|| again(loaded), |b| b.command.join(" ")),
        drawing: chart(runs, steal).draw(),
    }
}

fn chart(runs: Vec<Point>, steal: Vec<Point>) -> Chart {
    Chart {
        x: "seconds since the boot began".into(),
        y: "run / median of its repeats".into(),
        right: Some("% waited".into()),
        kind: Kind::Linear,
        series: vec![
            Series {
                name: "runs".into(),
                points: runs,
                marked: true,
                loose: true,
                ..Series::default()
            },
            Series {
                name: "waited".into(),
                points: steal,
                right: true,
                ..Series::default()
            },
        ],
        ideal: None,
    }
}

/// A second's worth of samples, and the runs that ended in it.
fn by_second(steal: &[Point], runs: &[Point]) -> Vec<Vec<String>> {
    let rows = steal.chunks(4).filter_map(|four| {
        let first = four.first()?;
        let mean = four.iter().map(|p| p.y).sum::<f64>() / four.len() as f64;
        let until = four.last()?.x;
        let mine = runs
            .iter()
            .filter(|run| run.x > first.x - 0.25 && run.x <= until);
        let times: Vec<f64> = mine.map(|run| run.y).collect();
        let median = median(times.iter().copied()).map_or_else(|| "-".into(), human::short);
        Some(vec![
            format!("{until:.1}"),
            format!("{mean:.0}"),
            times.len().to_string(),
            median,
        ])
    });
    rows.collect()
}
