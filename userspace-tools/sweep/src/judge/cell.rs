// SPDX-License-Identifier: GPL-2.0

//! A cell of a table: all repeats of one combination of settings.

use std::collections::BTreeMap;

use abi::status::OracleState;

use crate::{
    judge::oracle::expected,
    plan::experiment::{Experiment, Oracle, Scenario},
    plan::setting::{matches, Pattern, Point, Setting},
    store::record::Record,
};
use results::AnyReport;
use statistics::Sample;

/// All repeats of one combination of settings.
#[derive(Clone, Debug)]
pub struct Cell {
    /// What its runs have in common: the values on the part's axes.
    pub at: Point,
    /// All settings of its runs.
    pub settings: Point,
    /// What the repeats came to.
    pub reports: Vec<AnyReport>,
    /// Which repeat each of them is of.
    pub repeats: Vec<u32>,
    /// What the experiment expects of the oracle.
    pub expected: Option<Oracle>,
}

impl Cell {
    /// The number of each repeat, in the order in which they ran.
    pub fn values(&self) -> Vec<f64> {
        self.reports.iter().map(|report| report.value()).collect()
    }

    /// The repeats' summary.
    pub fn sample(&self) -> Option<Sample> {
        Sample::of(self.values())
    }

    /// How many repeats the oracle judged so.
    pub fn count(&self, verdict: OracleState) -> usize {
        let verdicts = self.reports.iter().map(|report| report.verdict());
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

/// Sorts the records of `scenario` into cells: by guest in the order of their boots, then in the order of
/// the axes.
pub fn cells(experiment: &Experiment, scenario: &Scenario, records: &[Record]) -> Vec<Cell> {
    let mut cells: Vec<Cell> = Vec::new();
    let guest = experiment.guest.axes();
    // Records of schema 1 do not say it; there was one guest.
    let only = experiment.guest.only_vcpus().map(u64::from);
    let mine = records
        .iter()
        .filter(|record| record.scenario == scenario.name);
    let counted = mine.filter_map(|record| Some((record, record.counted()?.clone())));
    let mut counted: Vec<(&Record, AnyReport)> = counted.collect();
    counted.sort_by_key(|(record, _)| record.run.seq);
    for (record, report) in counted {
        let mut settings = record.settings();
        if let (false, Some(vcpus)) = (settings.contains_key("vcpus"), only) {
            settings.insert("vcpus".into(), vcpus.into());
        }
        let axis = |key: &str| Some((key.to_string(), settings.get(key)?.clone()));
        let axes = scenario.axes.keys().map(String::as_str);
        let at: Point = guest.iter().copied().chain(axes).filter_map(axis).collect();
        match cells.iter_mut().find(|cell| cell.at == at) {
            Some(cell) => {
                cell.reports.push(report);
                cell.repeats.push(record.repeat);
            }
            None => cells.push(Cell {
                expected: expected(scenario, &settings),
                at,
                settings,
                reports: vec![report],
                repeats: vec![record.repeat],
            }),
        }
    }
    let mut order: Vec<Vec<Setting>> = Vec::new();
    for cell in &cells {
        let first = guests(&cell.at, &guest);
        if !order.contains(&first) {
            order.push(first);
        }
    }
    cells.sort_by_cached_key(|cell| {
        let first = guests(&cell.at, &guest);
        let place = order.iter().position(|at| *at == first);
        (place, places(scenario, &cell.at))
    });
    cells
}

/// What of `at` is the guest's.
fn guests(at: &Point, axes: &[&str]) -> Vec<Setting> {
    axes.iter()
        .filter_map(|key| at.get(*key).cloned())
        .collect()
}

/// Where on each axis `at` stands.
fn places(scenario: &Scenario, at: &Point) -> Vec<Option<usize>> {
    let place = |(key, values): (&String, &Vec<Setting>)| {
        let value = at.get(key)?;
        values.iter().position(|v| v == value)
    };
    scenario.axes.iter().map(place).collect()
}

/// The number `name` of the runs that `of` names over that of those that `to` names, repeat by repeat. A
/// repeat that lacks one of them does not count.
pub fn paired(cells: &[Cell], of: &Pattern, to: &Pattern, name: &str) -> Option<Sample> {
    let of_repeats = |pattern: &Pattern| {
        let wanted = cells.iter().filter(|cell| matches(pattern, &cell.settings));
        let numbered = wanted.flat_map(|cell| cell.repeats.iter().zip(&cell.reports));
        let values = numbered.filter_map(|(n, report)| Some((*n, report.metric(name)?)));
        values.collect()
    };
    Sample::of(quotients(&of_repeats(of), &of_repeats(to)))
}

fn quotients(of: &BTreeMap<u32, f64>, to: &BTreeMap<u32, f64>) -> Vec<f64> {
    let quotient = |(n, value): (&u32, &f64)| Some(value / to.get(n).filter(|v| **v != 0.0)?);
    of.iter().filter_map(quotient).collect()
}

/// The summary of the number `name` of all runs in the cells that `pattern` names. Runs that have no
/// such number do not count.
pub fn sample(cells: &[Cell], pattern: &Pattern, name: &str) -> Option<Sample> {
    let wanted = cells.iter().filter(|cell| matches(pattern, &cell.settings));
    let values: Vec<f64> = wanted
        .flat_map(|cell| &cell.reports)
        .filter_map(|report| report.metric(name))
        .collect();
    Sample::of(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A host that is three times as fast in one repeat as in the other: one side is half of the other
    /// all the same, where the quotient of the medians would say something else.
    #[test]
    fn what_is_paired_is_paired_by_its_repeat() {
        let of = BTreeMap::from([(1, 10.0), (2, 30.0), (4, 7.0)]);
        let to = BTreeMap::from([(2, 60.0), (1, 20.0), (3, 9.0), (4, 0.0)]);
        assert_eq!(quotients(&of, &to), [0.5, 0.5]);
    }
}
