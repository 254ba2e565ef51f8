// SPDX-License-Identifier: GPL-2.0

//! Figures: the numbers of a result by name, for gates and claims.

use std::collections::BTreeMap;

use abi::status::Verdict;

use crate::{
    judge::{
        cell::{paired, sample, Cell},
        oracle::Fault,
    },
    plan::experiment::{Compare, Experiment, Oracle, Part},
    store::provenance::Provenance,
    store::report::Report,
};

/// The file that holds them.
pub const FILE: &str = "figures.json";

/// Numbers by name.
pub type Figures = BTreeMap<String, f64>;

/// The quotient of the medians that a comparison names, or the median of the quotients, or the one
/// median.
pub fn quotient(compare: &Compare, cells: &[Cell]) -> Option<f64> {
    let name = compare.quantity.as_deref().unwrap_or("value");
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

/// All figures of a result.
pub fn figures(
    experiment: &Experiment,
    provenance: &Provenance,
    tables: &[(&Part, Vec<Cell>)],
    faults: &[Fault],
) -> Figures {
    let mut figures = Figures::new();
    let mut put = |name: String, value: f64| figures.insert(name, value);
    put("repeats".into(), experiment.repeats.into());
    put(
        "tables".into(),
        tables.iter().filter(|(_, cells)| !cells.is_empty()).count() as f64,
    );
    put("faults".into(), faults.len() as f64);
    put("lost".into(), provenance.lost.into());
    put("boots".into(), provenance.boots.len() as f64);
    put("ratio".into(), provenance.ratio);
    provenance.stolen().map(|part| put("stolen".into(), part));
    put("tcg".into(), (provenance.vm("/tier") == "tcg").into());
    let times = &provenance.times;
    put("total_s".into(), times.total_s);
    times.setup_s.map(|s| put("setup_s".into(), s));
    times.experiment_s.map(|s| put("experiment_s".into(), s));
    times.boot_s.map(|s| put("boot_s".into(), s));
    for (part, cells) in tables {
        let name = |figure: &str| format!("{}.{figure}", part.name);
        let (mut runs, mut due, mut caught, mut sound) = (0, 0, 0, 0);
        for cell in cells {
            runs += cell.reports.len();
            sound += cell
                .reports
                .iter()
                .filter(|report| is_sound(report))
                .count();
            if cell.expected == Some(Oracle::Caught) {
                due += cell.reports.len();
                caught += cell.count(Verdict::Broken);
            }
        }
        put(name("runs"), runs as f64);
        put(name("sound"), sound as f64);
        put(name("caught"), caught as f64);
        put(name("uncaught"), (due - caught) as f64);
        let mine = faults.iter().filter(|fault| fault.part == part.name);
        put(name("faults"), mine.count() as f64);
        for compare in &part.compare {
            quotient(compare, cells).map(|value| put(compare.figure.clone(), value));
        }
    }
    figures
}

/// Whether nothing that was promised was seen to be broken, by its own numbers too.
fn is_sound(report: &Report) -> bool {
    report.verdict() != Verdict::Broken && report.contradiction().is_none()
}
