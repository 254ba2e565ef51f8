// SPDX-License-Identifier: GPL-2.0

//! Table of variants: throughput, fairness, waits for locks, and verdict.

use results::{
    table::{self, column, median, or_dashes, rate, time},
    Bottleneck, Cell, Clock, Report,
};

use crate::fix::{baseline, ratios};

/// Returns a row for each cell.
pub fn table(cells: &[Cell<Bottleneck>]) -> String {
    let of_baseline = |cell: &Cell<Bottleneck>| {
        let baseline = baseline(cells, &cell.config);
        let ratio = baseline.and_then(|baseline| ratios(cell, baseline, Bottleneck::rate));
        or_dashes(ratio, |ratio| format!("{:.2}x", ratio.median))
    };
    let p99 = |run: &Bottleneck| Some(run.waits().quantile(0.99)? as f64);
    let mut columns = table::rates("ops");
    columns.extend([
        column("of baseline", of_baseline),
        median("a CPU s", |run: &Bottleneck| Some(run.granted_rate()), rate),
        median("Jain", Bottleneck::fairness, |jain| format!("{jain:.3}")),
        median("p99 wait", p99, |ns| time(ns as u64)),
        table::verdict(),
    ]);
    let table = table::list(cells, &["case", "variant", "threads"], &columns);
    let per = Clock::here().per();
    format!(
        "{table}\
         of baseline: ops{per} relative to the first variant at the same settings\n\
         a CPU s: ops{per} of CPU time\n\
         Jain: Jain's index of the threads' operations\n\
         p99 wait: 99th percentile of the waits for locks"
    )
}
