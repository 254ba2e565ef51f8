// SPDX-License-Identifier: GPL-2.0

//! Measured costs, from all repeats of each.

use indexmap::IndexMap;

use super::column::{Base, Column, OfRepeats, COLUMNS, EMPTY};
use crate::judge::evaluation::{EvaluatedScenario, Evaluation};

/// The rows of a column: name, and instructions with the loop; none if no run measured them.
type Rows = IndexMap<String, Option<f64>>;

/// The costs of a result.
#[derive(Debug, Default)]
pub struct Measured {
    columns: IndexMap<&'static str, Rows>,
}

impl Measured {
    pub fn new(evaluation: &Evaluation<'_>) -> Self {
        let rows = |column: &Column| {
            let named = |one: &&EvaluatedScenario<'_>| one.scenario.name == column.name;
            let scenario = evaluation.scenarios.iter().find(named);
            scenario.map_or_else(Rows::new, |scenario| rows(column, scenario))
        };
        let columns = COLUMNS.iter().map(|column| (column.name, rows(column)));
        Self {
            columns: columns.collect(),
        }
    }

    #[cfg(test)]
    pub fn of(columns: &[(&'static str, &[(&str, f64)])]) -> Self {
        let rows = |rows: &[(&str, f64)]| {
            let rows = rows
                .iter()
                .map(|(name, cost)| (name.to_string(), Some(*cost)));
            rows.collect()
        };
        let columns = columns.iter().map(|(column, all)| (*column, rows(all)));
        Self {
            columns: columns.collect(),
        }
    }

    /// Instructions of one operation with its loop.
    pub fn raw(&self, column: &str, row: &str) -> Option<f64> {
        *self.columns.get(column)?.get(row)?
    }

    /// Instructions of one operation alone.
    pub fn cost(&self, column: &Column, row: &str) -> Option<f64> {
        let raw = self.raw(column.name, row)?;
        let base = match column.base {
            Base::Empty => self.raw(column.name, EMPTY)?,
            Base::Column(other) => self.raw(other, row)?,
            Base::Nothing => 0.0,
        };
        Some(raw - base)
    }

    /// The rows of a column, without the loop.
    pub fn rows(&self, column: &Column) -> impl Iterator<Item = &str> {
        let rows = self.columns.get(column.name).into_iter().flatten();
        rows.map(|(name, _)| name.as_str())
            .filter(|name| *name != EMPTY)
    }
}

fn rows(column: &Column, scenario: &EvaluatedScenario<'_>) -> Rows {
    let values = scenario.scenario.axes.get(column.axis);
    let rows = values.into_iter().flatten().map(|value| {
        let name = value.to_string();
        let cell = scenario
            .cells
            .iter()
            .find(|cell| cell.get(column.axis) == name);
        let costs = cell.into_iter().flat_map(|cell| &cell.reports);
        let costs = costs.filter_map(column.of);
        let cost = match column.of_repeats {
            OfRepeats::Least => costs.reduce(f64::min),
            OfRepeats::Median => statistics::median(costs),
        };
        (name, cost)
    });
    rows.collect()
}
