// SPDX-License-Identifier: GPL-2.0

//! Report of one run as text.

use results::{
    table::{grid, lines, numbers, or_dashes, per_second, time},
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
         ops      {} in {} = {}; {} of CPU time; {} lost, by {}\n\
         fairness {}, from {} to {} a thread\n\
         verdict  {}, {} wrong{}\n\n{}\n\n{threads}",
        sum.ops,
        time(sum.elapsed_ns),
        per_second(report.rate()),
        per_second(report.granted_rate()),
        time(cpu_time.lost_ns),
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
    let quantile = |part: f64| waits.quantile(part).map(time);
    match [0.5, 0.9, 0.99].map(quantile) {
        [Some(half), Some(most), Some(nearly_all)] => format!(
            "\nwaits    {half} {most} {nearly_all} {} (median, 90%, 99%, most) for {} locks",
            time(waits.longest()),
            waits.count(),
        ),
        _ => String::new(),
    }
}
