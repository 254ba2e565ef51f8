// SPDX-License-Identifier: GPL-2.0

//! The table of `sloppy-counter`: additions per second, and how far a cheap read was off.

use abi::sloppy_counter::Sum;

use super::grid::{grid, oracle, Row};
use crate::{
    console::human,
    judge::cell::Cell,
    plan::experiment::{Oracle, Scenario},
    store::report::{error, kept, Report},
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

/// How many totals were exact; one thread alone cannot break them, but they must be right too.
fn total(row: &Row<'_>) -> String {
    if row.iter().any(|cell| cell.expected == Some(Oracle::Caught)) {
        return oracle(row, "exact");
    }
    let all = sums(row).count();
    match sums(row).filter(|sum| kept(sum)).count() {
        kept if kept == all => format!("exact {kept}/{all}"),
        kept => format!("WRONG {}/{all}", all - kept),
    }
}

/// The farthest that a cheap read was off at the end of a run, and what the counter promises.
fn off(row: &Row<'_>) -> String {
    let worst = sums(row).max_by_key(|sum| error(sum));
    worst.map_or_else(String::new, |sum| {
        let off = human::short(error(sum) as f64).replace(".00", "");
        format!("{off} ({})", sum.bound)
    })
}

fn sums<'a>(row: &'a Row<'_>) -> impl Iterator<Item = &'a Sum> {
    let reports = row.iter().flat_map(|cell| &cell.reports);
    reports.filter_map(|report| match report {
        Report::SloppyCounter { sum, .. } => Some(sum),
        _ => None,
    })
}
