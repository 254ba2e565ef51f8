// SPDX-License-Identifier: GPL-2.0

//! A cell of a table: all repeats of one combination of settings.

use abi::status::Verdict;

use crate::{
    experiment::{
        Oracle,
        Part, //
    },
    judge::expected,
    record::Record,
    report::Report,
    sample::Sample,
    setting::{
        matches,
        Pattern,
        Point, //
    },
};

/// All repeats of one combination of settings.
#[derive(Clone, Debug)]
pub struct Cell {
    /// What its runs have in common: the values on the part's axes.
    pub at: Point,
    /// All settings of its runs.
    pub settings: Point,
    /// What the repeats came to.
    pub reports: Vec<Report>,
    /// What the experiment expects of the oracle.
    pub expected: Option<Oracle>,
}

impl Cell {
    /// The number of each repeat, in the order in which they ran.
    pub fn values(&self) -> Vec<f64> {
        self.reports.iter().map(Report::value).collect()
    }

    /// The repeats' summary.
    pub fn sample(&self) -> Option<Sample> {
        Sample::of(&self.values())
    }

    /// How many repeats the oracle judged so.
    pub fn count(&self, verdict: Verdict) -> usize {
        let verdicts = self.reports.iter().map(Report::verdict);
        verdicts.filter(|seen| *seen == verdict).count()
    }

    /// The value on an axis, or of any other setting.
    pub fn get(&self, key: &str) -> String {
        self.settings
            .get(key)
            .map_or_else(String::new, ToString::to_string)
    }

    /// The value of a setting that is a number.
    pub fn number(&self, key: &str) -> u64 {
        self.get(key).parse().unwrap_or(0)
    }
}

/// Sorts the records of `part` into cells, in the order in which they first ran.
pub fn cells(part: &Part, records: &[Record]) -> anyhow::Result<Vec<Cell>> {
    let mut cells: Vec<Cell> = Vec::new();
    let mine = |record: &&Record| record.part == part.name && record.said.error().is_none();
    for record in records.iter().filter(mine) {
        let settings = record.settings()?;
        let axis = |key: &String| Some((key.clone(), settings.get(key)?.clone()));
        let at: Point = part.axes.keys().filter_map(axis).collect();
        let report = record.report()?;
        match cells.iter_mut().find(|cell| cell.at == at) {
            Some(cell) => cell.reports.push(report),
            None => cells.push(Cell {
                expected: expected(part, &settings),
                at,
                settings,
                reports: vec![report],
            }),
        }
    }
    Ok(cells)
}

/// The summary of all cells that `pattern` names.
pub fn sample(cells: &[Cell], pattern: &Pattern) -> Option<Sample> {
    let wanted = cells.iter().filter(|cell| matches(pattern, &cell.settings));
    let values: Vec<f64> = wanted
        .flat_map(|cell| &cell.reports)
        .map(Report::value)
        .collect();
    Sample::of(&values)
}
