// SPDX-License-Identifier: GPL-2.0

//! Simulated rates beside measured ones: a table, how far the held-out ones are off, and JSON.

use super::comparison::value;
use crate::{
    console::{
        numbers::{ratio, short},
        table::plain,
    },
    judge::{evaluation::EvaluatedScenario, label::suffix, prediction::Prediction},
    plan::setting::{values_of, words},
};
use comfy_table::CellAlignment;
use serde_json::{json, Value};

/// The prediction of a scenario as text; empty if it has none.
pub fn text(of: &EvaluatedScenario<'_>) -> String {
    match &of.prediction {
        None => String::new(),
        Some(Err(why)) => format!("  prediction: NOT MEASURED: {why}\n"),
        Some(Ok(prediction)) => shown(prediction),
    }
}

fn shown(of: &Prediction) -> String {
    let axes = of.rows.first().map(|row| row.at.keys());
    let axes: Vec<&str> = axes.into_iter().flatten().map(String::as_str).collect();
    let head = [&axes.join(" "), "simulated", "measured", "ratio", ""];
    let body = of.rows.iter().map(|row| {
        let measured = row.middle();
        vec![
            values_of(&row.at),
            short(row.simulated),
            short(measured),
            ratio(row.simulated / measured),
            (if row.held_out { "held out" } else { "" }).into(),
        ]
    });
    let mut table = plain(head.map(String::from).to_vec(), body);
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let lines = lines(of);
    let lines = lines.map(|line| format!("  {line}{}\n", suffix(of.label)));
    let taus = of
        .taus
        .iter()
        .map(|(at, tau)| format!("{} {tau:.2}", words(at)));
    let taus = taus.collect::<Vec<_>>().join(", ");
    let table = table.trim_fmt();
    format!(
        "\n  Simulated and measured, of all boots\n\n{table}\n\n{}  tau at {taus}\n",
        lines.concat()
    )
}

/// How far the simulated machine is off, a line each.
pub fn lines(of: &Prediction) -> [String; 3] {
    let each = [
        ("median factor, held out", &of.factor, true),
        ("median factor of the others", &of.fitted, true),
        ("Kendall's tau, held out", &of.tau, false),
    ];
    each.map(|(name, estimate, is_ratio)| format!("{name}: {}", value(estimate, is_ratio)))
}

/// The same as JSON.
pub fn json(of: &Prediction) -> Value {
    let taus = of
        .taus
        .iter()
        .map(|(at, tau)| json!({ "at": at, "tau": tau }));
    json!({
        "rows": of.rows, "factor": of.factor, "fitted_factor": of.fitted, "tau": of.tau,
        "tau_at": taus.collect::<Vec<_>>(), "label": of.label,
    })
}
