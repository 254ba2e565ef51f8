// SPDX-License-Identifier: GPL-2.0

//! Figures of a result: numbers by name, for claims.

use std::collections::BTreeMap;

use abi::status::OracleState;
use results::AnyReport;
use statistics::median;

use crate::{
    judge::cell::Cell,
    plan::{
        experiment::{Compare, Experiment, Oracle, Scenario},
        setting::{matches, Pattern},
    },
    store::provenance::Provenance,
};

/// The file that holds them.
pub const FILE: &str = "figures.json";

pub type Figures = BTreeMap<String, f64>;

/// The value of a comparison: the ratio of two medians, the median of the ratios of each repeat, or
/// one median.
pub fn compared(compare: &Compare, cells: &[Cell]) -> Option<f64> {
    let metric = compare.metric.as_deref().unwrap_or("value");
    let of = values(cells, &compare.of, metric);
    let Some(to) = &compare.to else {
        return median(of.into_iter().map(|(_, value)| value));
    };
    let to = values(cells, to, metric);
    match compare.paired {
        true => median(ratios(of, to)),
        false => {
            let [of, to] = [of, to].map(|side| median(side.into_iter().map(|(_, value)| value)));
            to.filter(|to| *to != 0.0).and_then(|to| Some(of? / to))
        }
    }
}

/// A metric of the runs of `pattern`, with the number of their repeat.
fn values(cells: &[Cell], pattern: &Pattern, metric: &str) -> Vec<(u32, f64)> {
    let mine = cells.iter().filter(|cell| matches(pattern, &cell.settings));
    let runs = mine.flat_map(|cell| cell.repeats.iter().zip(&cell.reports));
    runs.filter_map(|(repeat, report)| Some((*repeat, report.metric(metric)?)))
        .collect()
}

/// The ratios of the repeats that both sides have.
fn ratios(of: Vec<(u32, f64)>, to: Vec<(u32, f64)>) -> Vec<f64> {
    let to: BTreeMap<u32, f64> = to.into_iter().collect();
    let ratio =
        |(repeat, value): (u32, f64)| Some(value / to.get(&repeat).filter(|value| **value != 0.0)?);
    of.into_iter().filter_map(ratio).collect()
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
    let own = own.map(|(name, n)| (format!("{}.{name}", scenario.name), n as f64));
    let compared = scenario.compare.iter();
    let compared = compared.filter_map(|c| Some((c.figure.clone(), self::compared(c, cells)?)));
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
        .filter_map(|(name, value)| Some((name.into(), value?)));
    known.collect()
}

/// Whether the oracle saw no violation, and the report does not contradict itself.
fn is_sound(report: &AnyReport) -> bool {
    report.verdict() != OracleState::Broken && report.check().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The host is three times as fast in the second repeat: one side is half of the other in both,
    /// while the ratio of the medians differs.
    #[test]
    fn paired_ratios_are_of_the_same_repeat() {
        let of = vec![(1, 10.0), (2, 30.0), (4, 7.0)];
        let to = vec![(2, 60.0), (1, 20.0), (3, 9.0), (4, 0.0)];
        assert_eq!(ratios(of, to), [0.5, 0.5]);
    }
}
