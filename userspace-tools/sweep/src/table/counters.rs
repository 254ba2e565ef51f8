// SPDX-License-Identifier: GPL-2.0

//! The table of `sloppy-counter`: additions per second, and how far a cheap read was off.

use super::grid::{
    grid,
    oracle,
    Row, //
};
use crate::{
    cell::Cell,
    experiment::Part,
    human,
    report::{
        error,
        Report, //
    },
};

/// Additions per second of every counter.
pub fn table(part: &Part, cells: &[Cell]) -> String {
    let total = |row: &Row<'_>| oracle(row, "exact");
    let error = |row: &Row<'_>| off(row);
    grid(
        part,
        cells,
        &[("total", &total), ("read off by (bound)", &error)],
    ) + "\n"
}

/// The farthest that a cheap read was off at the end of a run, and what the counter promises.
fn off(row: &Row<'_>) -> String {
    let sums = row
        .iter()
        .flat_map(|cell| &cell.reports)
        .filter_map(|report| match report {
            Report::SloppyCounter { sum, .. } => Some(sum),
            _ => None,
        });
    let worst = sums.max_by_key(|sum| error(sum));
    worst.map_or_else(String::new, |sum| {
        let off = human::short(error(sum) as f64).replace(".00", "");
        format!("{off} ({})", sum.bound)
    })
}
