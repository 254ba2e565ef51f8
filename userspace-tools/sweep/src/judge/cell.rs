// SPDX-License-Identifier: GPL-2.0

//! A cell of a table: all repeats of one combination of settings.

use std::collections::BTreeMap;

use abi::status::OracleState;
use indexmap::IndexSet;
use results::{AnyReport, Histogram, Place};
use statistics::{median, Estimate, Occurrences, Sample, Scale};

use crate::{
    judge::oracle::expected,
    plan::{
        experiment::{Experiment, Oracle, Scenario},
        setting::{Point, Setting},
    },
    store::{loaded::Loaded, provenance::Provenance, record::Record},
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
    /// The guest boot of each report.
    pub boots: Vec<usize>,
    /// Where they were measured; none if no guest boot was recorded.
    pub place: Option<Place>,
    /// What the experiment expects of the oracle.
    pub expected: Option<Oracle>,
}

impl Cell {
    /// The value of each repeat.
    pub fn values(&self) -> Vec<f64> {
        self.reports.iter().map(|report| report.value()).collect()
    }

    /// The waits of all threads and repeats; none if none were sampled.
    pub fn waits(&self) -> Histogram {
        let waits = self.reports.iter().map(|report| report.waits());
        waits.fold(Histogram::default(), |sum, one| sum.merged(&one))
    }

    /// The same of these boots alone.
    pub fn within(&self, boots: &[usize]) -> Self {
        let is_in: Vec<bool> = self.boots.iter().map(|boot| boots.contains(boot)).collect();
        Self {
            reports: kept(&self.reports, &is_in),
            repeats: kept(&self.repeats, &is_in),
            boots: kept(&self.boots, &is_in),
            ..self.clone()
        }
    }

    /// A metric of its runs, by boot; the reason if a run does not have it.
    pub fn by_boot(&self, metric: &str) -> Result<Vec<Vec<f64>>, String> {
        let mut boots: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
        for (boot, report) in self.boots.iter().zip(&self.reports) {
            let value = report.metric(metric);
            let value = value.ok_or_else(|| format!("a run has no `{metric}`"))?;
            boots.entry(*boot).or_default().push(value);
        }
        Ok(boots.into_values().collect())
    }

    /// The estimate of a metric: of events that may be rare, by their number; the reason if there is none.
    pub fn estimate(&self, metric: &str) -> Result<Estimate, String> {
        let by_boot = self.by_boot(metric)?;
        let reports = self.reports.iter();
        let events: Option<Vec<Occurrences>> = reports.map(|one| one.occurrences(metric)).collect();
        let estimate = match events {
            None => Estimate::of(Scale::Linear, &by_boot),
            Some(events) => {
                let mut boots: BTreeMap<usize, Vec<Occurrences>> = BTreeMap::new();
                for (boot, events) in self.boots.iter().zip(events) {
                    boots.entry(*boot).or_default().push(events);
                }
                let boots: Vec<Occurrences> = boots.into_values().map(Occurrences::sum).collect();
                Estimate::of_events(&boots)
            }
        };
        estimate.ok_or_else(|| format!("`{metric}` is no number"))
    }

    /// How many times a metric of `other` one of this is: in each boot the ratios of the repeats that
    /// both have, which ran next to each other. If they have no boot in common, each is summed up by
    /// itself.
    pub fn ratio(&self, metric: &str, other: &Self, theirs: &str) -> Result<Estimate, String> {
        let zero = || "a rate is zero".to_string();
        if !self.boots.iter().any(|boot| other.boots.contains(boot)) {
            let of = |cell: &Self, metric: &str| {
                Estimate::of(Scale::Ratio, &cell.by_boot(metric)?).ok_or_else(zero)
            };
            return Ok(of(self, metric)?.over(&of(other, theirs)?));
        }
        let (mine, theirs) = (self.by_repeat(metric)?, other.by_repeat(theirs)?);
        let mut boots: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
        for ((boot, repeat), value) in mine {
            if let Some(to) = theirs.get(&(boot, repeat)) {
                boots.entry(boot).or_default().push(value / to);
            }
        }
        let boots: Vec<Vec<f64>> = boots.into_values().collect();
        Estimate::of(Scale::Ratio, &boots).ok_or_else(zero)
    }

    /// A metric by boot and repeat: the median, of several runs.
    fn by_repeat(&self, metric: &str) -> Result<BTreeMap<(usize, u32), f64>, String> {
        let mut all: BTreeMap<(usize, u32), Vec<f64>> = BTreeMap::new();
        let places = self.boots.iter().zip(&self.repeats);
        for ((boot, repeat), report) in places.zip(&self.reports) {
            let value = report.metric(metric);
            let value = value.ok_or_else(|| format!("a run has no `{metric}`"))?;
            all.entry((*boot, *repeat)).or_default().push(value);
        }
        let middle = |(at, values)| Some((at, median(values)?));
        Ok(all.into_iter().filter_map(middle).collect())
    }

    /// The runs of both.
    pub fn with(mut self, other: Self) -> Self {
        self.reports.extend(other.reports);
        self.repeats.extend(other.repeats);
        self.boots.extend(other.boots);
        self
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

fn kept<T: Clone>(all: &[T], is_in: &[bool]) -> Vec<T> {
    let all = all.iter().zip(is_in).filter(|(_, is_in)| **is_in);
    all.map(|(one, _)| one.clone()).collect()
}

pub fn all_cells(loaded: &Loaded) -> Vec<Cell> {
    let Loaded {
        experiment,
        provenance,
        records,
        ..
    } = loaded;
    let scenarios = experiment.scenarios.iter();
    let cells = scenarios.map(|scenario| cells(experiment, provenance, scenario, records));
    cells.flatten().collect()
}

/// Sorts the records of `scenario` into cells: by guest in the order of their boots, then in the
/// order of the axes.
pub fn cells(
    experiment: &Experiment,
    provenance: &Provenance,
    scenario: &Scenario,
    records: &[Record],
) -> Vec<Cell> {
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
                cell.boots.push(record.boot);
            }
            None => cells.push(Cell {
                scenario: scenario.name.clone(),
                place: provenance.place(record.boot),
                expected: expected(scenario, &settings),
                at,
                settings,
                reports: vec![report.clone()],
                repeats: vec![record.repeat],
                boots: vec![record.boot],
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
