// SPDX-License-Identifier: GPL-2.0

//! A result as JSON: cells, faults, rules, figures and provenance.

use std::path::Path;

use serde_json::{json, Value};
use statistics::confidence;

use crate::{
    judge::{
        cell::Cell,
        evaluation::{EvaluatedScenario, Evaluation},
        label,
    },
    show::prediction,
    store::{directory, provenance::Provenance, slice},
};

/// The result in `dir`.
pub fn json(of: &Evaluation<'_>, provenance: &Provenance, dir: &Path) -> Value {
    json!({
        "schema": directory::SCHEMA,
        "dir": dir,
        "experiment": of.experiment.name,
        "holds": of.is_sound(),
        "incomplete": of.incomplete,
        "faults": of.faults().collect::<Vec<_>>(),
        "rules": of.rules().collect::<Vec<_>>(),
        "figures": of.figures,
        "parts": of.scenarios.iter().map(scenario).collect::<Vec<_>>(),
        "clock": provenance.clock(),
        "caveat": provenance.caveat(),
        "slices": slice::slices(provenance),
        "provenance": provenance,
    })
}

fn scenario(of: &EvaluatedScenario<'_>) -> Value {
    let cells = of.cells.iter().map(|cell| {
        let verdicts = cell.reports.iter().map(|report| report.verdict().name());
        let verdicts: Vec<&str> = verdicts.collect();
        let label = label::of_cell(cell, "value");
        json!({
            "at": cell.at, "sample": cell.sample(), "verdicts": verdicts,
            "waits": waits(cell),
            "kind": label.map(|label| label.kind), "tier": label.map(|label| label.tier),
            "costs": label.and_then(|label| label.costs),
        })
    });
    let mut json = json!({
        "name": of.scenario.name, "title": of.scenario.title, "module": of.scenario.module,
        "skipped": of.skipped, "captions": of.captions, "lines": lines(of), "cells": cells.collect::<Vec<_>>(),
    });
    match &of.prediction {
        None => {}
        Some(Ok(prediction)) => json["prediction"] = prediction::json(prediction),
        Some(Err(why)) => json["prediction"] = json!({ "not_measured": why }),
    }
    match &of.attribution {
        None => {}
        Some(Ok(attribution)) => json["attribution"] = attribution.json(),
        Some(Err(why)) => json["attribution"] = json!({ "not_measured": why }),
    }
    json
}

/// What each line is fitted to; slope and intercept are among the figures.
fn lines(of: &EvaluatedScenario<'_>) -> Vec<Value> {
    let lines = of.fitted().map(|(line, fitted)| {
        let points = fitted
            .as_ref()
            .map(|fitted| &fitted.points)
            .into_iter()
            .flatten();
        let points = points.map(|(x, y)| json!({ "x": x, "y": y.bounds(1.0 - confidence::SHOWN) }));
        json!({
            "figure": line.figure, "text": line.text, "over": line.over, "quantity": line.metric,
            "points": points.collect::<Vec<_>>(), "not_measured": fitted.as_ref().err(),
        })
    });
    lines.collect()
}

/// Quantiles of the waits, by section and by time, in the unit of the clock.
fn waits(cell: &Cell) -> Option<Value> {
    let waits = cell.waits();
    let by_section = |part| waits.quantile(part);
    let by_time = |part| waits.quantile_by_time(part);
    (waits.count() > 0).then(|| {
        json!({
            "sections": waits.count(),
            "by_section": { "p50": by_section(0.5), "p99": by_section(0.99), "p999": by_section(0.999) },
            "by_time": { "p50": by_time(0.5), "p99": by_time(0.99), "p999": by_time(0.999) },
        })
    })
}
