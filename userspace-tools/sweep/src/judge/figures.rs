// SPDX-License-Identifier: GPL-2.0

//! Figures of a result: numbers by name, for claims.

use std::collections::BTreeMap;

use abi::status::OracleState;
use results::{AnyReport, Kind};
use serde::{Deserialize, Serialize};
use statistics::{confidence, Estimate};

use crate::{
    judge::{
        cell::Cell,
        decide::{Finding, Limit},
        label::{self, Label},
        line::Fitted,
        prediction::Prediction,
        regret::Regret,
    },
    plan::{
        experiment::{Compare, Experiment, Oracle, Scenario},
        setting::{matches, Pattern},
    },
    store::provenance::Provenance,
};

/// The file that holds them.
pub const FILE: &str = "figures.json";

/// The fact of what others took from the guests' CPUs.
pub const OTHERS: &str = "others";

pub type Figures = BTreeMap<String, Number>;

/// What a result has beside figures of guests, and why it has no kind and no tier. Claims compare these, too.
pub const FACTS: [(&str, &str); 12] = [
    ("repeats", "set by the experiment"),
    ("boots", "set by the experiment, or by its rules"),
    ("ratio", "set by the experiment"),
    ("tcg", "names the tier"),
    ("tables", "follows from the experiment"),
    ("lost", "boots that this host made again"),
    ("stolen", "time of this host's CPUs"),
    (OTHERS, "time of this host's CPUs"),
    ("total_s", "time of this host"),
    ("setup_s", "time of this host"),
    ("experiment_s", "time of this host"),
    ("boot_s", "time of this host"),
];

/// The figures that have neither a kind nor a place among the [`FACTS`].
pub fn unlabelled(figures: &Figures) -> Vec<&str> {
    let is_fact = |name: &str| FACTS.iter().any(|(fact, _)| *fact == name);
    let without = figures
        .iter()
        .filter(|(_, number)| number.label().is_none());
    without
        .map(|(name, _)| name.as_str())
        .filter(|name| !is_fact(name))
        .collect()
}

/// A figure.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Number {
    /// One of the [`FACTS`], or a number of a step of claims. Results before the kinds have counts here, too.
    Exact(f64),
    /// An estimate over boots.
    Over(Over),
    /// A count, or a part of one, taken as it is.
    Count(Count),
}

/// An estimate over boots, with its value and the interval that tables show.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Over {
    value: f64,
    /// Both ends; nothing of one boot.
    interval: Option<(f64, f64)>,
    estimate: Estimate,
    /// None in a result before the kinds.
    #[serde(flatten)]
    label: Option<Label>,
}

/// A number of runs, faults, waits or instructions.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Count {
    value: f64,
    #[serde(flatten)]
    label: Label,
}

impl Number {
    pub fn value(&self) -> f64 {
        match self {
            Self::Exact(value)
            | Self::Over(Over { value, .. })
            | Self::Count(Count { value, .. }) => *value,
        }
    }

    /// Its kind and tier, if it is a figure of guests.
    pub fn label(&self) -> Option<Label> {
        match self {
            Self::Exact(_) => None,
            Self::Over(over) => over.label,
            Self::Count(count) => Some(count.label),
        }
    }

    /// Whether it is an estimate that depends on what the host's CPUs do meanwhile.
    pub fn is_of_time(&self) -> bool {
        let is_elsewhere = |label: Label| !label.is_of_host_time();
        matches!(self, Self::Over(over) if !over.label.is_some_and(is_elsewhere))
    }

    /// A count in the tiers of `label`; a bare number if they are not known.
    pub fn count(value: f64, label: Option<Label>) -> Self {
        let kind = Kind::Count;
        match label {
            None => Self::Exact(value),
            Some(label) => Self::Count(Count {
                value,
                label: Label { kind, ..label },
            }),
        }
    }

    /// How many times `other` it is, both estimates of ratios.
    pub fn over(&self, other: &Self) -> Option<Self> {
        match (self, other) {
            (Self::Over(of), Self::Over(to)) => Some(of.estimate.over(&to.estimate).into()),
            _ => None,
        }
    }

    /// What it says of `limit`.
    pub fn finding(&self, limit: Limit) -> Finding {
        match self {
            Self::Exact(value) | Self::Count(Count { value, .. }) => {
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

impl From<Compared> for Number {
    fn from(Compared { estimate, label }: Compared) -> Self {
        let bounds = estimate.bounds(1.0 - confidence::SHOWN);
        let (low, high) = (bounds.low, bounds.high);
        Self::Over(Over {
            value: bounds.value,
            interval: (low.is_finite() && high.is_finite()).then_some((low, high)),
            estimate,
            label,
        })
    }
}

/// An estimate without a label: over repeats of a step.
impl From<Estimate> for Number {
    fn from(estimate: Estimate) -> Self {
        let label = None;
        Compared { estimate, label }.into()
    }
}

/// A comparison that was measured.
#[derive(Clone, Copy, Debug)]
pub struct Compared {
    pub estimate: Estimate,
    pub label: Option<Label>,
}

/// Every comparison of `scenario`.
pub fn compare(scenario: &Scenario, cells: &[Cell]) -> Vec<Result<Compared, String>> {
    let all = scenario.compare.iter();
    all.map(|compare| compared(compare, cells)).collect()
}

/// The estimate of a comparison: a ratio of two sides, or a metric of one; the reason if there is none.
fn compared(compare: &Compare, cells: &[Cell]) -> Result<Compared, String> {
    let metric = compare.metric();
    let of = side(cells, &compare.of).ok_or("no run")?;
    let to = compare
        .to
        .as_ref()
        .map(|to| side(cells, to).ok_or("no run"));
    let to = to.transpose()?;
    let estimate = match &to {
        Some(to) => of.ratio(metric, to, metric)?,
        None => of.estimate(metric)?,
    };
    let label = label::of_comparison(compare, &of, to.as_ref());
    Ok(Compared { estimate, label })
}

/// All runs of `pattern` as one cell.
fn side(cells: &[Cell], pattern: &Pattern) -> Option<Cell> {
    let mine = cells.iter().filter(|cell| matches(pattern, &cell.settings));
    mine.cloned().reduce(Cell::with)
}

/// The label of counts of these cells; none where nothing ran, or where its tier is not on record.
pub fn counted<'a>(cells: impl Iterator<Item = &'a Cell>) -> Option<Label> {
    let labels = cells.map(|cell| Some(Label::at(Kind::Count, &cell.place?)));
    labels
        .reduce(|one, other| Some(one?.over(other?)))
        .flatten()
}

/// The figures of a scenario, which begin with its name, and those of its comparisons. `others` is of the
/// other scenarios.
pub fn of_scenario(
    scenario: &Scenario,
    cells: &[Cell],
    compared: &[Result<Compared, String>],
    faults: usize,
    others: Option<Label>,
) -> Figures {
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
    let label = counted(cells.iter()).or(others);
    let own = own.map(|(name, n)| {
        let name = format!("{}.{name}", scenario.name);
        (name, Number::count(n as f64, label))
    });
    let compared = scenario.compare.iter().zip(compared);
    let compared = compared.filter_map(|(compare, found)| {
        let found = found.as_ref().ok()?;
        Some((compare.figure.clone(), (*found).into()))
    });
    own.into_iter().chain(compared).collect()
}

/// The figures `regret.VALUE`.
pub fn of_regrets(regrets: &Result<Vec<Regret>, String>) -> Figures {
    let all = regrets.iter().flatten();
    all.map(
        |Regret {
             of,
             estimate,
             label,
             ..
         }| {
            let (estimate, label) = (*estimate, *label);
            (format!("regret.{of}"), Compared { estimate, label }.into())
        },
    )
    .collect()
}

/// The figures `prediction.factor`, `prediction.fitted_factor` and `prediction.tau`.
pub fn of_prediction(of: &Prediction) -> Figures {
    let all = [
        ("factor", of.factor),
        ("fitted_factor", of.fitted),
        ("tau", of.tau),
    ];
    let label = of.label;
    let all = all.map(|(name, estimate)| {
        let number = Compared { estimate, label }.into();
        (format!("prediction.{name}"), number)
    });
    all.into()
}

/// The slope and the intercept of each line of a scenario.
pub fn of_lines(scenario: &Scenario, lines: &[Result<Fitted, String>]) -> Figures {
    let lines = scenario.lines.iter().zip(lines);
    let measured = lines.filter_map(|(line, fitted)| Some((line, fitted.as_ref().ok()?)));
    let figures = measured.flat_map(|(line, Fitted { lines, label, .. })| {
        [("slope", lines.slope), ("intercept", lines.intercept)].map(|(name, estimate)| {
            let label = *label;
            let number = Compared { estimate, label }.into();
            (format!("{}.{name}", line.figure), number)
        })
    });
    figures.collect()
}

/// The facts of a result as a whole.
pub fn of_result(experiment: &Experiment, provenance: &Provenance) -> Figures {
    let times = &provenance.times;
    let all = [
        ("repeats", Some(experiment.repeats.into())),
        ("lost", Some(provenance.retried as f64)),
        ("boots", Some(provenance.boots.len() as f64)),
        ("ratio", Some(provenance.ratio)),
        ("stolen", provenance.stolen()),
        (OTHERS, provenance.taken_by_others()),
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

#[cfg(test)]
mod tests {
    use vm_record::Tier;

    use super::*;

    #[test]
    fn figure_without_a_kind_is_named_unless_it_is_a_fact() {
        let number = |name: &str, number: Number| (name.to_string(), number);
        let figures = Figures::from([
            number("why.determined", 0.9.into()),
            number(
                "why.unknown",
                Number::count(3.0, Some(Label::new(Kind::Count, Tier::Tcg))),
            ),
            number("why.waits", Number::count(3.0, None)),
            number("stolen", 0.1.into()),
        ]);
        assert_eq!(unlabelled(&figures), ["why.determined", "why.waits"]);
    }
}
