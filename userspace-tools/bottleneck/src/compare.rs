// SPDX-License-Identifier: GPL-2.0

//! Variants beside each other: how fast, how fair, how long waited for, and whether right.

use results::{
    table::{self, column, median, or_dashes, rate},
    Bottleneck, Cell, Report,
};

use crate::fixes::{original, ratios};

/// One row for each cell.
pub fn compare(cells: &[Cell<Bottleneck>]) -> String {
    let of_original = |cell: &Cell<Bottleneck>| {
        let original = original(cells, &cell.config);
        let ratio = original.and_then(|original| ratios(cell, original, Bottleneck::rate));
        or_dashes(ratio, |ratio| format!("{:.2}x", ratio.median))
    };
    let p99_us = |run: &Bottleneck| Some(run.waits().quantile(0.99)? as f64 / 1e3);
    let mut columns = table::rates("ops/s");
    columns.extend([
        column("of original", of_original),
        median("a CPU s", |run: &Bottleneck| Some(run.granted_rate()), rate),
        median("Jain", Bottleneck::fairness, |jain| format!("{jain:.3}")),
        median("p99 wait", p99_us, |us| format!("{us:.1}")),
        table::verdict(),
    ]);
    let table = table::list(cells, &["case", "variant", "threads"], &columns);
    format!(
        "{table}\
         of original: ops/s relative to the case's first variant at the same settings\n\
         a CPU s: operations per second of CPU time\n\
         Jain: Jain's index of the threads' operations\n\
         p99 wait: 99th percentile of the waits for locks, us"
    )
}
