// SPDX-License-Identifier: GPL-2.0

//! Text of one run.

use abi::sloppy_counter::Of;
use results::{
    table::{lines, or_dashes, per_second, time},
    Clock, Report, SloppyCounter,
};

/// Totals, details, and a line for each thread.
pub fn show(report: &SloppyCounter) -> String {
    let (run, config, sum) = (report.run, &report.config, &report.sum);
    let threads = lines(&report.threads);
    let details = [speed(report), audit(report), check(report), memory(report)];
    let details: Vec<String> = details.into_iter().flatten().collect();
    format!(
        "run {run}: {config}\n\
         adds   {} in {} = {}\n\
         total  {}: the exact sum is {}, {} lost\n\
         read   {}: error {}, bound {}\n{}\n\n{threads}",
        sum.adds,
        time(sum.elapsed_ns),
        per_second(report.rate()),
        report.outcome(),
        sum.sum,
        report.lost(),
        sum.read,
        report.error(),
        sum.bound,
        details.join("\n"),
    )
}

fn speed(report: &SloppyCounter) -> Option<String> {
    let speed = report.speed.as_ref()?;
    let unit = Clock::here().unit();
    let each = |ps: u64| format!("{:.2} {unit}", ps as f64 / 1000.0);
    let reads = match speed.reads {
        0 => String::new(),
        n => format!(
            "; a read {}, {} at best, of {n}",
            each(speed.read_ps),
            each(speed.best_read_ps)
        ),
    };
    Some(format!(
        "speed  an addition {}, {} at best; {} of CPU time; {} lost, {} steal time{reads}",
        each(speed.add_ps),
        each(speed.best_add_ps),
        or_dashes(report.granted_rate(), per_second),
        time(speed.lost_ns),
        time(speed.steal_ns),
    ))
}

fn audit(report: &SloppyCounter) -> Option<String> {
    let audit = report.audit.as_ref()?;
    let quantiles = |of: Of| {
        [0.5, 0.9, 0.99]
            .map(|part| or_dashes(report.audited(of).quantile(part), |at| at.to_string()))
    };
    let ([off50, off90, off99], [old50, old90, old99]) =
        (quantiles(Of::Error), quantiles(Of::Stale));
    Some(format!(
        "audit  {} of {} reads beyond the bound; error {off50} {off90} {off99} {} (p50, p90, p99, \
         max), bound {}\n\
         age    {old50} {old90} {old99} {} {}; {} folds, {} changes of the threshold, {} vCPUs \
         offline, {} additions in interrupts",
        audit.broken,
        audit.samples,
        audit.worst,
        audit.bound,
        audit.stale_ns,
        Clock::here().unit(),
        audit.folds,
        audit.changes,
        audit.deaths,
        audit.interrupts,
    ))
}

fn check(report: &SloppyCounter) -> Option<String> {
    let check = report.check.as_ref()?;
    Some(format!(
        "check  {} of {} seen, {} wrong, {} refused or left out (limit {}), in {} cycles",
        check.seen, check.due, check.wrong, check.refused, check.allowed, check.cycles
    ))
}

fn memory(report: &SloppyCounter) -> Option<String> {
    let memory = report.memory.as_ref()?;
    let all = |bytes: u64, each: u64| bytes + each * u64::from(memory.vcpus);
    Some(format!(
        "memory {} bytes a counter ({} + {} on each of {} vCPUs); percpu_counter {}",
        all(memory.bytes, memory.per_vcpu),
        memory.bytes,
        memory.per_vcpu,
        memory.vcpus,
        all(memory.kernel_bytes, memory.kernel_per_vcpu),
    ))
}
