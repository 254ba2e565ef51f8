// SPDX-License-Identifier: GPL-2.0

//! One run, readable.

use debugfs::{
    tool::{grid, numbers},
    JobRunner, Report,
};

/// The coverage, and a line for each worker.
pub fn show(report: &JobRunner) -> String {
    let JobRunner {
        run, config, sum, ..
    } = report;
    let mut workers = grid(&["worker", "vcpu", "chunks", "items", "busy_ms", "moved"]);
    for w in &report.workers {
        workers.add_row([
            w.index.to_string(),
            w.vcpu.to_string(),
            w.chunks.to_string(),
            w.items.to_string(),
            format!("{:.1}", w.busy_ns as f64 / 1e6),
            w.moved.to_string(),
        ]);
    }
    numbers(&mut workers, 0);
    format!(
        "run {run}: {config}\n\
         time      {:.1} ms by {} workers, {} chunks\n\
         coverage  {}: {} done once, {} missed, {} repeated\n\n{workers}",
        report.time_ms(),
        sum.workers,
        sum.chunks,
        report.outcome(),
        sum.once,
        sum.missed,
        sum.repeated,
    )
}
