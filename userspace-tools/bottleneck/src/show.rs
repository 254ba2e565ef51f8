// SPDX-License-Identifier: GPL-2.0

//! Report of one run as text.

use results::{
    table::{grid, lines, numbers, or_dashes, rate},
    Bottleneck, Finding, Report,
};

/// Returns the totals, the findings, and a row for each thread.
pub fn show(report: &Bottleneck) -> String {
    let (run, config) = (report.run, &report.config);
    let (sum, cpu_time) = (&report.sum, &report.cpu_time);
    let threads = lines(&report.threads);
    let mut found = grid(&["finding", "seen", "due"]);
    for Finding { name, seen, due } in &report.findings {
        found.add_row([name.clone(), seen.to_string(), due.to_string()]);
    }
    numbers(&mut found, 1);
    format!(
        "run {run}: {config}\n\
         ops      {} in {:.3} s = {}/s; {}/s of CPU time; {:.1} ms lost, by {}\n\
         fairness {}, from {} to {} a thread\n\
         verdict  {}, {} wrong{}\n\n{}\n\n{threads}",
        sum.ops,
        sum.elapsed_ns as f64 / 1e9,
        rate(report.rate()),
        rate(report.granted_rate()),
        cpu_time.lost_ns as f64 / 1e6,
        cpu_time.lost_time,
        or_dashes(report.fairness(), |jain| format!("{jain:.3}")),
        sum.min,
        sum.max,
        report.outcome(),
        sum.wrong,
        waits(report),
        found.trim_fmt(),
    )
}

/// Returns a line with quantiles of the waits for locks.
fn waits(report: &Bottleneck) -> String {
    let waits = report.waits();
    let us = |part: f64| Some(format!("{:.1}", waits.quantile(part)? as f64 / 1e3));
    match [0.5, 0.9, 0.99].map(us) {
        [Some(half), Some(most), Some(nearly_all)] => format!(
            "\nwaits    {half} {most} {nearly_all} {:.1} us (median, 90%, 99%, most) for {} locks",
            waits.longest() as f64 / 1e3,
            waits.count(),
        ),
        _ => String::new(),
    }
}
