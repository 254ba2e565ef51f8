// SPDX-License-Identifier: GPL-2.0

//! Lines of a result: a metric over an axis, with slope and intercept over rounds of boots.
//!
//! A line over what the host was asked for is not measured if the host did not do so, see [`in_force`].

use std::collections::BTreeMap;

use statistics::{Estimate, Lines, Scale};
use vm_record::Tier;

use super::{
    cell::Cell,
    in_force,
    label::{self, Label},
};
use crate::{
    plan::{
        experiment::Scenario,
        line::Line,
        setting::{matches, Setting},
    },
    store::provenance::Provenance,
};

/// A line that was measured.
#[derive(Clone, Debug)]
pub struct Fitted {
    pub lines: Lines,
    /// The estimate at each value of the axis, in the unit of the metric.
    pub points: Vec<(f64, Estimate)>,
    pub label: Option<Label>,
}

/// Every line of `scenario`; the reason if one was not measured.
pub fn fit(
    scenario: &Scenario,
    cells: &[Cell],
    provenance: &Provenance,
) -> Vec<Result<Fitted, String>> {
    let lines = scenario.lines.iter();
    lines.map(|line| fitted(line, cells, provenance)).collect()
}

/// An axis without its unit, and that unit in ns, the one of metrics.
pub fn unit(axis: &str) -> (&str, f64) {
    let mut units = [("_us", 1e3), ("_ms", 1e6)].into_iter();
    let found = units.find_map(|(end, ns)| Some((axis.strip_suffix(end)?, ns)));
    found.unwrap_or((axis, 1.0))
}

fn fitted(line: &Line, cells: &[Cell], provenance: &Provenance) -> Result<Fitted, String> {
    let mut by_value: BTreeMap<u64, Cell> = BTreeMap::new();
    for cell in cells
        .iter()
        .filter(|cell| matches(&line.of, &cell.settings))
    {
        let Some(Setting::Number(value)) = cell.at.get(&line.over) else {
            return Err(format!("`{}` is no number", line.over));
        };
        let cell = match by_value.remove(value) {
            Some(other) => other.with(cell.clone()),
            None => cell.clone(),
        };
        by_value.insert(*value, cell);
    }
    let is_simulated = |cell: &Cell| cell.place.is_some_and(|place| place.tier == Tier::Sim);
    // What was set for a simulated host is in force.
    if !by_value.values().all(is_simulated) {
        in_force::check(&line.over, by_value.keys().copied(), provenance)?;
    }
    let (mut points, mut rounds): (Vec<_>, Vec<Vec<(f64, f64)>>) = Default::default();
    let label = by_value
        .values()
        .filter_map(|cell| label::of_cell(cell, &line.metric));
    let label = label.reduce(Label::over);
    let kind = |label: Label| line.kind.map_or(label.kind, |kind| kind.on(label.tier));
    let label = label.map(|label| Label {
        kind: kind(label),
        ..label
    });
    for (value, cell) in &by_value {
        let x = *value as f64 * unit(&line.over).1;
        let boots = cell.by_boot(&line.metric)?;
        for (n, boot) in boots.iter().enumerate() {
            let y = statistics::median(boot.iter().copied()).ok_or("no run")?;
            if rounds.len() == n {
                rounds.push(Vec::new());
            }
            rounds[n].push((x, y));
        }
        let estimate = Estimate::of(Scale::Linear, &boots);
        points.push((
            x,
            estimate.ok_or_else(|| format!("`{}` is no number", line.metric))?,
        ));
    }
    // A round that was interrupted has not every value.
    rounds.retain(|round| round.len() == points.len());
    let lines = Lines::of(&rounds).filter(|_| !rounds.is_empty());
    let lines = lines.ok_or("two values of the axis are needed, each above 0")?;
    Ok(Fitted {
        lines,
        points,
        label,
    })
}
