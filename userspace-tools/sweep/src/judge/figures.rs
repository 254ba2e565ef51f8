// SPDX-License-Identifier: GPL-2.0

//! Figures of a result: numbers by name, for claims.

use std::collections::BTreeMap;

use abi::status::OracleState;
use results::AnyReport;
use serde::{Deserialize, Serialize};
use statistics::{confidence, Estimate, Scale};

use crate::{
    judge::{
        cell::Cell,
        decide::{Finding, Limit},
    },
    plan::{
        experiment::{Compare, Experiment, Oracle, Scenario},
        setting::{matches, Pattern},
    },
    store::provenance::Provenance,
};

/// The file that holds them.
pub const FILE: &str = "figures.json";

pub type Figures = BTreeMap<String, Number>;

/// A figure.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Number {
    /// A count, a time or a setting, taken as it is.
    Exact(f64),
    /// An estimate over boots.
    Over(Over),
}

/// An estimate over boots, with its value and the interval that tables show.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Over {
    value: f64,
    /// Both ends; nothing of one boot.
    interval: Option<(f64, f64)>,
    estimate: Estimate,
}

impl Number {
    pub fn value(&self) -> f64 {
        match self {
            Self::Exact(value) | Self::Over(Over { value, .. }) => *value,
        }
    }

    /// What it says of `limit`.
    pub fn finding(&self, limit: Limit) -> Finding {
        match self {
            Self::Exact(value) => {
                let holds = limit.op.holds(*value, limit.bound);
                Finding::Exact(holds.into(), value.to_string())
            }
            Self::Over(over) => Finding::Estimated(over.estimate, limit),
        }
    }
}

impl From<f64> for Number {
    fn from(value: f64) -> Self {
        Self::Exact(value)
    }
}

impl From<Estimate> for Number {
    fn from(estimate: Estimate) -> Self {
        let bounds = estimate.bounds(1.0 - confidence::SHOWN);
        let (low, high) = (bounds.low, bounds.high);
        Self::Over(Over {
            value: bounds.value,
            interval: (low.is_finite() && high.is_finite()).then_some((low, high)),
            estimate,
        })
    }
}

/// The estimate of a comparison: a ratio of two sides, or a metric of one; the reason if there is none.
pub fn compared(compare: &Compare, cells: &[Cell]) -> Result<Estimate, String> {
    let metric = compare.metric.as_deref().unwrap_or("value");
    let of = side(cells, &compare.of).ok_or("no run")?;
    match &compare.to {
        Some(to) => {
            let to = side(cells, to).ok_or("no run")?;
            of.ratio(metric, &to, metric)
        }
        None => {
            let boots = of.by_boot(metric)?;
            let estimate = Estimate::of(Scale::Linear, &boots);
            estimate.ok_or_else(|| format!("`{metric}` is no number"))
        }
    }
}

/// All runs of `pattern` as one cell.
fn side(cells: &[Cell], pattern: &Pattern) -> Option<Cell> {
    let mine = cells.iter().filter(|cell| matches(pattern, &cell.settings));
    mine.cloned().reduce(Cell::with)
}

/// The figures of a scenario, which begin with its name, and those of its comparisons.
pub fn of_scenario(scenario: &Scenario, cells: &[Cell], faults: usize) -> Figures {
    let reports = || cells.iter().flat_map(|cell| &cell.reports);
    let busted = cells
        .iter()
        .filter(|cell| cell.expected == Some(Oracle::Caught));
    let due: usize = busted.clone().map(|cell| cell.reports.len()).sum();
    let caught: usize = busted.map(|cell| cell.count(OracleState::Broken)).sum();
    let own = [
        ("runs", reports().count()),
        ("sound", reports().filter(|report| is_sound(report)).count()),
        ("caught", caught),
        ("uncaught", due - caught),
        ("faults", faults),
    ];
    let own = own.map(|(name, n)| (format!("{}.{name}", scenario.name), (n as f64).into()));
    let compared = scenario.compare.iter().filter_map(|compare| {
        let estimate = self::compared(compare, cells).ok()?;
        Some((compare.figure.clone(), estimate.into()))
    });
    own.into_iter().chain(compared).collect()
}

/// The figures of a result as a whole.
pub fn of_result(experiment: &Experiment, provenance: &Provenance) -> Figures {
    let times = &provenance.times;
    let all = [
        ("repeats", Some(experiment.repeats.into())),
        ("lost", Some(provenance.retried as f64)),
        ("boots", Some(provenance.boots.len() as f64)),
        ("ratio", Some(provenance.ratio)),
        ("stolen", provenance.stolen()),
        ("tcg", Some((provenance.tier() == "tcg").into())),
        ("total_s", Some(times.total_s)),
        ("setup_s", times.setup_s),
        ("experiment_s", times.experiment_s),
        ("boot_s", times.boot_s),
    ];
    let known = all
        .into_iter()
        .filter_map(|(name, value)| Some((name.into(), Number::Exact(value?))));
    known.collect()
}

/// Whether the oracle saw no violation, and the report does not contradict itself.
fn is_sound(report: &AnyReport) -> bool {
    report.verdict() != OracleState::Broken && report.check().is_ok()
}
