// SPDX-License-Identifier: GPL-2.0

//! Lines of a result: a metric over an axis, with slope and intercept over rounds of boots.

use std::collections::BTreeMap;

use statistics::{Estimate, Lines, Scale};

use super::{
    cell::Cell,
    label::{self, Label},
};
use crate::plan::{
    experiment::{Line, Scenario},
    setting::{matches, Setting},
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
pub fn fit(scenario: &Scenario, cells: &[Cell]) -> Vec<Result<Fitted, String>> {
    let lines = scenario.lines.iter();
    lines.map(|line| fitted(line, cells)).collect()
}

/// The unit of the metric is ns; one of the axis may be us.
fn unit(axis: &str) -> f64 {
    if axis.ends_with("_us") {
        1e3
    } else {
        1.0
    }
}

fn fitted(line: &Line, cells: &[Cell]) -> Result<Fitted, String> {
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
        let x = *value as f64 * unit(&line.over);
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
