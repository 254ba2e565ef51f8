// SPDX-License-Identifier: GPL-2.0

//! Measured costs, from all repeats of each.

use indexmap::IndexMap;
use results::Kind;
use vm_record::Tier;

use super::column::{Base, Column, COLUMNS, EMPTY, UNCONTENDED};
use crate::{
    judge::{
        cell::Cell,
        figures::{Figures, Number},
        label::Label,
    },
    plan::experiment::Scenario,
};

/// The rows of a column: name, and instructions with the loop; none if no run measured them.
type Rows = IndexMap<String, Option<f64>>;

/// The costs of a result.
#[derive(Debug, Default)]
pub struct Measured {
    columns: IndexMap<&'static str, Rows>,
}

impl Measured {
    /// The costs of these scenarios with their cells.
    pub fn new<'a>(scenarios: impl Iterator<Item = (&'a Scenario, &'a [Cell])> + Clone) -> Self {
        let mut all = Self::default();
        for column in &COLUMNS {
            let mut named = scenarios.clone();
            let found = named.find(|(scenario, _)| scenario.name == column.scenario);
            if let Some((scenario, cells)) = found {
                let rows = all.rows_of(column, scenario, cells);
                all.columns.insert(column.name, rows);
            }
        }
        all
    }

    /// The rows of a column, whose costs may build on a column before it.
    fn rows_of(&self, column: &Column, scenario: &Scenario, cells: &[Cell]) -> Rows {
        let values = scenario.axes.get(column.axis);
        let rows = values.into_iter().flatten().map(|value| {
            let name = value.to_string();
            let cell = cells.iter().find(|cell| cell.get(column.axis) == name);
            let uncontended = self.raw(UNCONTENDED, &name);
            let cost = cell.and_then(|cell| column.of.cost(&cell.reports, uncontended));
            (name, cost)
        });
        rows.collect()
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

    /// The row that a row is compared with, and how many more instructions it takes, or fewer.
    pub fn over(&self, column: &Column, row: &str) -> Option<(&'static str, f64)> {
        let reference = (column.reference)(row)?;
        let over = self.cost(column, row)? - self.cost(column, reference)?;
        Some((reference, over))
    }

    /// The costs as figures: `add.sloppy`; where it has a reference also `add.sloppy.over`, the instructions
    /// that it takes more, and `add.sloppy.of`, the part.
    pub fn figures(&self) -> Figures {
        let mut figures = Figures::new();
        for column in &COLUMNS {
            for row in self.rows(column) {
                let Some(cost) = self.cost(column, row) else {
                    continue;
                };
                let name = format!("{}.{row}", column.name);
                let instructions =
                    |n: f64| Number::count(n, Some(Label::new(Kind::Count, Tier::Count)));
                if let Some((_, over)) = self.over(column, row) {
                    figures.insert(format!("{name}.over"), instructions(over));
                    figures.insert(format!("{name}.of"), instructions(cost / (cost - over)));
                }
                figures.insert(name, instructions(cost));
            }
        }
        figures
    }

    /// The rows of a column, without the loop.
    pub fn rows(&self, column: &Column) -> impl Iterator<Item = &str> {
        let rows = self.columns.get(column.name).into_iter().flatten();
        rows.map(|(name, _)| name.as_str())
            .filter(|name| *name != EMPTY)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_have_costs_and_what_they_are_over_their_reference() {
        let locks = [("empty", 80.0), ("ticket", 90.0), ("pv_ticket", 96.0)];
        let counters = [("empty", 2.0), ("sloppy", 16.0), ("percpu_counter", 30.0)];
        let measured = Measured::of(&[("uncontended", &locks), ("add", &counters)]);
        let figures = measured.figures();
        let found = |name: &str| figures.get(name).map(|number| number.value());
        for (name, value) in [
            ("uncontended.ticket", Some(10.0)),
            ("uncontended.pv_ticket.over", Some(6.0)),
            ("add.sloppy.of", Some(0.5)),
            ("add.sloppy.over", Some(-14.0)),
            ("add.percpu_counter.of", None),
            ("uncontended.empty", None),
            ("hand-over.ticket", None),
        ] {
            assert_eq!(found(name), value, "{name}");
        }
    }

    #[test]
    fn cost_without_its_loop_or_its_reference_is_no_figure() {
        let measured = Measured::of(&[("uncontended", &[("ticket", 90.0)])]);
        assert!(measured.figures().is_empty());
        let measured = Measured::of(&[("hand-over", &[("pv_ticket", 150.0)])]);
        assert_eq!(measured.figures().len(), 1);
    }
}
