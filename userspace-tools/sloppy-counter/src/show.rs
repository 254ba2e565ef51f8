// SPDX-License-Identifier: GPL-2.0

//! One run, readable.

use debugfs::{
    tool::{grid, numbers, rate},
    Report, SloppyCounter,
};

/// The totals, and a line for each thread.
pub fn show(report: &SloppyCounter) -> String {
    let SloppyCounter {
        run, config, sum, ..
    } = report;
    let mut threads = grid(&["thread", "vcpu", "adds", "moved"]);
    for t in &report.threads {
        let row = [t.index.into(), t.vcpu.into(), t.adds, t.moved.into()];
        threads.add_row(row.map(|n: u64| n.to_string()));
    }
    numbers(&mut threads, 0);
    format!(
        "run {run}: {config}\n\
         adds   {} in {:.3} s = {}/s\n\
         total  {}: the exact sum is {}, {} lost\n\
         read   {}: off by {}, where {} is allowed\n\n{threads}",
        sum.adds,
        sum.elapsed_ns as f64 / 1e9,
        rate(report.rate()),
        report.outcome(),
        sum.sum,
        report.lost(),
        sum.read,
        report.error(),
        sum.bound,
    )
}
