// SPDX-License-Identifier: GPL-2.0

//! Text of one run.

use abi::trial::Lost;
use results::{
    table::{lines, or_dashes, per_second, time},
    Clock, LockLoad, Report,
};

use crate::latency;

/// Totals, latency, machine, and a line for each thread.
pub fn show(report: &LockLoad) -> String {
    let (run, config, sum) = (report.run, &report.config, &report.sum);
    let latency = match report.is_sampled() {
        true => latency::show(report),
        false => latency::show_sharing(report),
    };
    format!(
        "run {run}: {config}\n\
         sections   {} in {} = {}; a thread {} to {}, mean {}, Jain's index {}\n\
         waiting    {} halts, {} kicks by {}\n\
         exclusion  {}, {} updates lost\n\
         machine    kernel/raw_spin is {}, mode {}; {} loops/{}\n\
         {}{}{}{}{latency}\n{}",
        sum.sections,
        time(sum.elapsed_ns),
        per_second(report.rate()),
        sum.min,
        sum.max,
        sum.mean,
        or_dashes(report.fairness(), |jain| format!("{jain:.3}")),
        sum.halts,
        sum.kicks,
        report.machine.kick,
        report.outcome(),
        sum.lost,
        report.machine.kernel_lock,
        report.machine.mode,
        report.machine.loops_per_us,
        Clock::here().multiples()[0],
        trial(report),
        steps(report),
        primitives(report),
        events(report),
        threads(report),
    )
}

/// The trial, and each lost wake-up.
fn trial(report: &LockLoad) -> String {
    let Some(trial) = report.trial.first() else {
        return String::new();
    };
    let mut text = format!(
        "trial      {}: {} of {} rounds; {} halts ended by a kick ({} after a timer), {} spurious; \
         lost wake-ups {}\n",
        trial.verdict,
        trial.rounds,
        trial.wanted,
        trial.kicked,
        trial.late,
        trial.spurious,
        trial.lost,
    );
    if trial.wake_max_ns > 0 {
        let (mean, max) = (time(trial.wake_mean_ns), time(trial.wake_max_ns));
        text += &format!("woken      {mean} after the kick, {max} at most\n");
    }
    for lost in &report.lost {
        text += &format!("LOST       {}\n", without_a_kick(lost));
    }
    text
}

/// The steps of one thread: the least, of the fast path, and what interrupts add on average and at most.
fn steps(report: &LockLoad) -> String {
    let lines = report.steps.iter().map(|steps| {
        let mean = steps.ticks as f64 / steps.rounds.max(1) as f64;
        let (of, least, most) = (steps.of.name(), steps.least, steps.most);
        format!("{of:<10} {least} ticks at least, mean {mean:.1}, {most} at most\n")
    });
    lines.collect()
}

/// Costs of primitives.
fn primitives(report: &LockLoad) -> String {
    let ns = |ps: u64| format!("{:.1}", ps as f64 / 1000.0);
    let lines = report.primitives.iter().map(|cost| {
        let (of, samples) = (cost.of.name(), cost.samples);
        let [min, p50, p99, max] = [cost.min_ps, cost.p50_ps, cost.p99_ps, cost.max_ps].map(ns);
        format!(
            "{of:<12} {p50:>10} ns median, {min} at least, {p99} at the 99th percentile, {max} at most ({samples})\n"
        )
    });
    lines.collect()
}

/// A lost wake-up.
pub fn without_a_kick(lost: &Lost) -> String {
    let (vcpu, at, found, lock) = (lost.vcpu, lost.halted_on, lost.found, &lost.lock);
    let waited = time(lost.waited_us.saturating_mul(1000));
    format!(
        "vcpu {vcpu} halted on {at}, which was {found} for {waited} without a kick; lock {lock}"
    )
}

/// Events on the slow paths.
fn events(report: &LockLoad) -> String {
    let happened = report.events.iter().filter(|event| event.count > 0);
    let words: Vec<_> = happened
        .map(|e| format!("{} {}", e.name, e.count))
        .collect();
    match words.is_empty() {
        true => String::new(),
        false => format!("events     {}\n", words.join(", ")),
    }
}

fn threads(report: &LockLoad) -> String {
    let mut text = lines(&report.threads).to_string();
    if report.is_sampled() {
        text += &format!("\n\n{}", lines(&report.thread_waits));
    }
    text
}
