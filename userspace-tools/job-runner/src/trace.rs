// SPDX-License-Identifier: GPL-2.0

//! Chrome trace of the chunks of a run, for Perfetto or chrome://tracing.
//!
//! The format: "Trace Event Format", complete events and metadata events.

use debugfs::{tool::say, Module};
use results::JobRunner;
use serde_json::{json, Value};

/// Prints the trace of the last run.
pub fn print(module: &Module<JobRunner>) -> anyhow::Result<()> {
    let Some(report) = module.report()? else {
        anyhow::bail!("cannot print a trace: no run yet. Try: job-runner run --trace on");
    };
    if report.chunks.is_empty() {
        anyhow::bail!(
            "cannot print a trace: run {} recorded no chunks. Try: job-runner run --trace on",
            report.run
        );
    }
    say(&chrome(&report).to_string())?;
    Ok(())
}

/// One row per worker, one bar per chunk; times in microseconds.
fn chrome(report: &JobRunner) -> Value {
    let us = |ns: u64| ns as f64 / 1e3;
    let names = report.workers.iter().map(|w| {
        json!({
            "name": "thread_name", "ph": "M", "pid": 1, "tid": w.index,
            "args": { "name": format!("worker {} on vCPU {}", w.index, w.vcpu) },
        })
    });
    let chunks = report.chunks.iter().map(|c| {
        json!({
            "name": format!("{}..{}", c.start, c.end), "cat": "chunk", "ph": "X",
            "pid": 1, "tid": c.worker, "ts": us(c.from_ns), "dur": us(c.to_ns - c.from_ns),
            "args": { "indices": c.end - c.start },
        })
    });
    json!({
        "displayTimeUnit": "ms",
        "traceEvents": names.chain(chunks).collect::<Vec<_>>(),
        "otherData": { "run": report.run, "config": report.config.to_string() },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::tests::report;

    #[test]
    fn trace_has_a_bar_for_each_chunk() {
        let mut report = report(2, 10);
        report.chunks = vec!["chunk worker=1 start=8 end=16 from_ns=2000 to_ns=5500"
            .parse()
            .unwrap()];
        let trace = chrome(&report);
        let events = trace["traceEvents"].as_array().unwrap();
        assert_eq!(events.len(), 3);
        assert_eq!(events[1]["args"]["name"], "worker 1 on vCPU 1");
        let bar = &events[2];
        assert_eq!((&bar["ph"], &bar["tid"]), (&json!("X"), &json!(1)));
        assert_eq!((&bar["ts"], &bar["dur"]), (&json!(2.0), &json!(3.5)));
    }
}
