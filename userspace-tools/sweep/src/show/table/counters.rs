// SPDX-License-Identifier: GPL-2.0

//! Table of `sloppy-counter`: additions per second, and the error of the cheap read.

use results::{AnyReport, SloppyCounter};

use super::grid::{grid, oracle, Row};
use crate::{
    console::numbers,
    judge::cell::Cell,
    plan::experiment::{Oracle, Scenario},
};

/// Additions per second of every counter.
pub fn table(scenario: &Scenario, cells: &[Cell]) -> String {
    let total = |row: &Row<'_>| total(row);
    let error = |row: &Row<'_>| off(row);
    grid(
        scenario,
        cells,
        &[("total", &total), ("read off by (bound)", &error)],
    ) + "\n"
}

/// How many exact sums were exact, with one thread too.
fn total(row: &Row<'_>) -> String {
    if row.iter().any(|cell| cell.expected == Some(Oracle::Caught)) {
        return oracle(row);
    }
    let all = reports(row).count();
    match reports(row).filter(|report| report.is_exact()).count() {
        exact if exact == all => format!("PASS {exact}/{all}"),
        exact => format!("FAIL {}/{all}", all - exact),
    }
}

/// The largest error of the cheap read at the end of a run, and its bound.
fn off(row: &Row<'_>) -> String {
    let error = |report: &SloppyCounter| report.error().unsigned_abs();
    let worst = reports(row).max_by_key(|report| error(report));
    worst.map_or_else(String::new, |report| {
        let off = numbers::short(error(report) as f64).replace(".00", "");
        format!("{off} ({})", report.sum.bound)
    })
}

fn reports<'a>(row: &'a Row<'_>) -> impl Iterator<Item = &'a SloppyCounter> {
    let reports = row.iter().flat_map(|cell| &cell.reports);
    reports.filter_map(|report| match report {
        AnyReport::SloppyCounter(report) => Some(&**report),
        _ => None,
    })
}
