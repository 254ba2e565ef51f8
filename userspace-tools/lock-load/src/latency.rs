// SPDX-License-Identifier: GPL-2.0

//! Latency of one run as text: order of service, CPU time, histograms, causes of long waits.

use abi::{
    histogram::Of,
    lock_load::{Class, Evidence},
};
use results::{
    table::{grid, numbers, or_dashes, rate, time},
    LockLoad,
};
use statistics::percent;

/// The percentiles of the table.
const PARTS: [(&str, f64); 5] = [
    ("p50", 0.5),
    ("p90", 0.9),
    ("p99", 0.99),
    ("p99.9", 0.999),
    ("p99.99", 0.9999),
];

/// All of it.
pub fn show(report: &LockLoad) -> String {
    format!(
        "{}{}{}\n{}\n{}",
        order(report),
        granted(report),
        stops(report),
        times(report),
        why(report)
    )
}

fn order(report: &LockLoad) -> String {
    let Some(order) = &report.order else {
        return String::new();
    };
    let run = report.watched.iter().max_by_key(|w| w.longest_run);
    let wait = report.watched.iter().max_by_key(|w| w.longest_wait_ns);
    let (Some(run), Some(wait)) = (run, wait) else {
        return String::new();
    };
    format!(
        "order      FIFO: {}; {} of {} waits overtaken\n\
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

fn granted(report: &LockLoad) -> String {
    let (Some(granted), Some(per_second)) = (&report.granted, report.granted_rate()) else {
        return String::new();
    };
    let evidence = match report.machine.evidence {
        Evidence::Steal => "steal time, and gaps of 5 ms and more between TSC readings",
        Evidence::Gaps => "gaps between TSC readings, a lower bound",
    };
    format!(
        "CPU time   {}/s of {:.3} s CPU time; {:.3} s lost ({evidence})\n",
        rate(per_second),
        granted.cpu_ns as f64 / 1e9,
        granted.lost_ns as f64 / 1e9,
    )
}

fn stops(report: &LockLoad) -> String {
    report.stops.as_ref().map_or_else(String::new, |stops| {
        format!(
            "preempted  {} injected preemptions of {}, {} seen in the TSC\n",
            stops.asked, stops.whom, stops.seen
        )
    })
}

fn times(report: &LockLoad) -> String {
    let mut header = vec!["time", "count"];
    header.extend(PARTS.map(|(name, _)| name));
    header.push("max");
    let mut table = grid(&header);
    for of in Of::ALL {
        let times = report.times(*of);
        let mut row = vec![of.name().to_string(), times.count().to_string()];
        let quantile = |part| or_dashes(times.quantile(part), time);
        row.extend(PARTS.map(|(_, part)| quantile(part)));
        row.push(quantile(1.0));
        table.add_row(row);
    }
    numbers(&mut table, 1);
    format!("{table}\n")
}

fn why(report: &LockLoad) -> String {
    let mut table = grid(&["cause", "long waits", "share", "time", "meaning"]);
    let all: u64 = report.why.iter().map(|why| why.count).sum();
    for why in &report.why {
        table.add_row([
            why.class.name().to_string(),
            why.count.to_string(),
            format!("{:.1}%", percent(why.count as f64, all as f64)),
            time(why.ns),
            meaning(why.class).to_string(),
        ]);
    }
    numbers(&mut table, 1);
    if let Some(column) = table.column_mut(4) {
        column.set_cell_alignment(results::table::LEFT);
    }
    let long = time(u64::from(report.config.long_us) * 1000);
    format!("{table}\n {all} waits longer than {long}\n")
}

fn meaning(class: Class) -> &'static str {
    match class {
        Class::HolderPreempted => "the holder's vCPU did not run",
        Class::PredecessorPreempted => "the next waiter's vCPU did not run",
        Class::WaiterStolen => "the waiter's own vCPU did not run while the lock was free",
        Class::Queueing => "others were ahead, and ran",
    }
}
