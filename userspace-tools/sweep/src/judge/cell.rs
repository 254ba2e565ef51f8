// SPDX-License-Identifier: GPL-2.0

//! A cell of a table: all repeats of one combination of settings.

use abi::status::OracleState;
use indexmap::IndexSet;
use results::AnyReport;
use statistics::Sample;

use crate::{
    judge::oracle::expected,
    plan::{
        experiment::{Experiment, Oracle, Scenario},
        setting::{Point, Setting},
    },
    store::{loaded::Loaded, record::Record},
};

/// All repeats of one combination of settings.
#[derive(Clone, Debug)]
pub struct Cell {
    pub scenario: String,
    /// The values on the axes of the scenario and of the guests.
    pub at: Point,
    /// All settings of its runs.
    pub settings: Point,
    /// The reports of its runs, in the order in which they ran.
    pub reports: Vec<AnyReport>,
    /// The number of the repeat of each report.
    pub repeats: Vec<u32>,
    /// What the experiment expects of the oracle.
    pub expected: Option<Oracle>,
}

impl Cell {
    /// The value of each repeat.
    pub fn values(&self) -> Vec<f64> {
        self.reports.iter().map(|report| report.value()).collect()
    }

    pub fn sample(&self) -> Option<Sample> {
        Sample::of(self.values())
    }

    pub fn more_is_better(&self) -> bool {
        self.reports.iter().all(|report| report.more_is_better())
    }

    /// Number of repeats with this verdict of the oracle.
    pub fn count(&self, verdict: OracleState) -> usize {
        let verdicts = self.reports.iter().map(|report| report.verdict());
        verdicts.filter(|seen| *seen == verdict).count()
    }

    /// The value of a setting; empty if there is none.
    pub fn get(&self, key: &str) -> String {
        let value = self.settings.get(key);
        value.map_or_else(String::new, ToString::to_string)
    }

    /// The value of a setting that is a number.
    pub fn number(&self, key: &str) -> u64 {
        self.get(key).parse().unwrap_or(0)
    }

    /// Whether it is the cell of `scenario` at this parameter point.
    pub fn is_at(&self, scenario: &str, at: &Point) -> bool {
        self.scenario == scenario && self.at == *at
    }
}

pub fn all_cells(loaded: &Loaded) -> Vec<Cell> {
    let scenarios = loaded.experiment.scenarios.iter();
    let cells = scenarios.map(|scenario| cells(&loaded.experiment, scenario, &loaded.records));
    cells.flatten().collect()
}

/// Sorts the records of `scenario` into cells: by guest in the order of their boots, then in the
/// order of the axes.
pub fn cells(experiment: &Experiment, scenario: &Scenario, records: &[Record]) -> Vec<Cell> {
    let mut cells: Vec<Cell> = Vec::new();
    let guest = experiment.guest.axes();
    // Records of schema 1 do not have it; there was one guest.
    let only = experiment.guest.only_vcpus().map(u64::from);
    let mine = records
        .iter()
        .filter(|record| record.scenario == scenario.name);
    let counted = mine.filter_map(|record| Some((record, record.counted()?)));
    let mut counted: Vec<(&Record, &AnyReport)> = counted.collect();
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
                cell.reports.push(report.clone());
                cell.repeats.push(record.repeat);
            }
            None => cells.push(Cell {
                scenario: scenario.name.clone(),
                expected: expected(scenario, &settings),
                at,
                settings,
                reports: vec![report.clone()],
                repeats: vec![record.repeat],
            }),
        }
    }
    let guest = |at: &Point| -> Vec<Setting> {
        let values = guest.iter().filter_map(|key| at.get(*key));
        values.cloned().collect()
    };
    let booted: IndexSet<Vec<Setting>> = cells.iter().map(|cell| guest(&cell.at)).collect();
    cells.sort_by_cached_key(|cell| {
        let place = |(key, values): (&String, &Vec<Setting>)| {
            let value = cell.at.get(key)?;
            values.iter().position(|v| v == value)
        };
        let places: Vec<Option<usize>> = scenario.axes.iter().map(place).collect();
        (booted.get_index_of(&guest(&cell.at)), places)
    });
    cells
}
