// SPDX-License-Identifier: GPL-2.0

//! Figures: the numbers of a result by name, for claims.

use std::collections::BTreeMap;

use abi::status::OracleState;
use results::AnyReport;

use crate::{
    judge::cell::{paired, sample, Cell},
    plan::experiment::{Compare, Experiment, Oracle, Scenario},
    store::provenance::Provenance,
};

/// The file that holds them.
pub const FILE: &str = "figures.json";

/// Numbers by name.
pub type Figures = BTreeMap<String, f64>;

/// The quotient of the medians that a comparison names, or the median of the quotients, or the one
/// median.
pub fn quotient(compare: &Compare, cells: &[Cell]) -> Option<f64> {
    let name = compare.metric.as_deref().unwrap_or("value");
    if let (true, Some(to)) = (compare.paired, &compare.to) {
        return paired(cells, &compare.of, to, name).map(|sample| sample.median);
    }
    let median = |pattern| sample(cells, pattern, name).map(|sample| sample.median);
    let of = median(&compare.of)?;
    match &compare.to {
        None => Some(of),
        Some(to) => median(to).filter(|to| *to != 0.0).map(|to| of / to),
    }
}

/// The figures of a part, which begin with its name, and those of its comparisons.
pub fn of_scenario(scenario: &Scenario, cells: &[Cell], faults: usize) -> Figures {
    let reports = || cells.iter().flat_map(|cell| &cell.reports);
    let due = cells
        .iter()
        .filter(|cell| cell.expected == Some(Oracle::Caught));
    let (due, caught) = due.fold((0, 0), |(due, caught), cell| {
        (
            due + cell.reports.len(),
            caught + cell.count(OracleState::Broken),
        )
    });
    let own = [
        ("runs", reports().count()),
        ("sound", reports().filter(|report| is_sound(report)).count()),
        ("caught", caught),
        ("uncaught", due - caught),
        ("faults", faults),
    ];
    let own = own.map(|(name, n)| (format!("{}.{name}", scenario.name), n as f64));
    let compared = scenario.compare.iter();
    let compared = compared.filter_map(|c| Some((c.figure.clone(), quotient(c, cells)?)));
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
    let known = all.into_iter();
    known
        .filter_map(|(name, value)| Some((name.into(), value?)))
        .collect()
}

/// Whether no promise was seen to be violated, by the report's own numbers too.
fn is_sound(report: &AnyReport) -> bool {
    report.verdict() != OracleState::Broken && report.check().is_ok()
}
