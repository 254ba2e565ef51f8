// SPDX-License-Identifier: GPL-2.0

//! Latency of one run as text: order of service, CPU time, histograms, causes of long waits.

use abi::{
    histogram::Of,
    lock_load::{Cause, LostTimeSource},
};
use results::{
    table::{grid, numbers, or_dashes, per_second, time},
    Histogram, LockLoad,
};
use statistics::percent;

const PARTS: [(&str, f64); 5] = [
    ("p50", 0.5),
    ("p90", 0.9),
    ("p99", 0.99),
    ("p99.9", 0.999),
    ("p99.99", 0.9999),
];

pub fn show(report: &LockLoad) -> String {
    format!(
        "{}{}{}\n{}\n{}",
        order(report),
        cpu_time(report),
        injected(report),
        times(report, &Of::EXCLUSIVE),
        long_waits(report)
    )
}

fn order(report: &LockLoad) -> String {
    let Some(order) = &report.order else {
        return String::new();
    };
    let run = report.thread_waits.iter().max_by_key(|w| w.longest_run);
    let wait = report.thread_waits.iter().max_by_key(|w| w.longest_wait_ns);
    let (Some(run), Some(wait)) = (run, wait) else {
        return String::new();
    };
    let bypass = report.bypass.map_or(String::new(), |bypass| {
        let (once, twice) = (bypass.once, bypass.exceeded);
        format!("; once by each thread: {once}, twice: {twice}")
    });
    format!(
        "order      FIFO: {}; {} of {} waits overtaken{bypass}\n\
         fairness   longest wait {} on vCPU {}; longest run of sections {} on vCPU {}\n",
        order.fifo,
        order.overtaken,
        order.waits,
        time(wait.longest_wait_ns),
        wait.vcpu,
        run.longest_run,
        run.vcpu,
    )
}

fn cpu_time(report: &LockLoad) -> String {
    let (Some(cpu_time), Some(granted)) = (&report.cpu_time, report.granted_rate()) else {
        return String::new();
    };
    let source = match report.machine.lost_time {
        LostTimeSource::Steal => "steal time, and gaps of 5 ms and more between TSC readings",
        LostTimeSource::Gaps => "gaps between TSC readings, a lower bound",
    };
    format!(
        "CPU time   {} of {} CPU time; {} lost ({source})\n",
        per_second(granted),
        time(cpu_time.cpu_ns),
        time(cpu_time.lost_ns),
    )
}

fn injected(report: &LockLoad) -> String {
    let Some(injected) = &report.injected else {
        return String::new();
    };
    let (requested, victim, seen) = (injected.requested, injected.victim, injected.seen);
    format!("preempted  {requested} injected preemptions of {victim}, {seen} seen in the TSC\n")
}

/// Latency of a run with readers: sections and waits of either kind.
pub fn show_sharing(report: &LockLoad) -> String {
    let Some(sharing) = &report.sharing else {
        return String::new();
    };
    let times = match report.is_timed() {
        true => times(report, &Of::SHARED),
        false => String::new(),
    };
    format!(
        "sharing    {} shared sections, {} waited; {} exclusive, {} waited\n{times}",
        sharing.reads, sharing.read_waits, sharing.writes, sharing.write_waits,
    )
}

fn times(report: &LockLoad, kinds: &[Of]) -> String {
    let mut header = vec!["time", "count"];
    header.extend(PARTS.map(|(name, _)| name));
    header.push("max");
    let mut table = grid(&header);
    for of in kinds {
        let times = report.times(*of);
        let mut row = vec![of.name().to_string(), times.count().to_string()];
        let quantile = |part| or_dashes(times.quantile(part), time);
        row.extend(PARTS.map(|(_, part)| quantile(part)));
        row.push(quantile(1.0));
        table.add_row(row);
        if *of == Of::Wait {
            table.add_row(by_time(&times));
        }
    }
    numbers(&mut table, 1);
    format!("{table}\n")
}

/// Quantiles of the wait that is met at a random moment.
fn by_time(waits: &Histogram) -> Vec<String> {
    let quantile = |part| or_dashes(waits.quantile_by_time(part), time);
    let mut row = vec!["wait by time".to_string(), String::new()];
    row.extend(PARTS.map(|(_, part)| quantile(part)));
    row.push(quantile(1.0));
    row
}

fn long_waits(report: &LockLoad) -> String {
    let mut table = grid(&["cause", "long waits", "share", "time", "meaning"]);
    let all: u64 = report.long_wait_count();
    for waits in &report.long_waits {
        table.add_row([
            waits.cause.name().to_string(),
            waits.count.to_string(),
            format!("{:.1}%", percent(waits.count as f64, all as f64)),
            time(waits.ns),
            meaning(waits.cause).to_string(),
        ]);
    }
    numbers(&mut table, 1);
    if let Some(column) = table.column_mut(4) {
        column.set_cell_alignment(results::table::LEFT);
    }
    let long = time(u64::from(report.config.long_us) * 1000);
    format!("{table}\n {all} waits longer than {long}\n")
}

fn meaning(cause: Cause) -> &'static str {
    match cause {
        Cause::HolderPreempted => "the holder's vCPU did not run",
        Cause::PredecessorPreempted => "the next waiter's vCPU did not run",
        Cause::WaiterStolen => "the waiter's own vCPU did not run while the lock was free",
        Cause::Queueing => "others were ahead, and ran",
    }
}
