// SPDX-License-Identifier: GPL-2.0

//! One run, readable.

use debugfs::{
    tool::{grid, numbers, rate},
    LockLoad, Report,
};

/// The sum, the machine, and a line for each thread.
pub fn show(report: &LockLoad) -> String {
    let LockLoad {
        run, config, sum, ..
    } = report;
    let mut threads = grid(&["thread", "vcpu", "sections", "halts", "kicks", "moved"]);
    for t in &report.threads {
        let row = [t.sections, t.halts, t.kicks, t.moved.into()];
        let row = row.map(|n| n.to_string());
        threads.add_row([t.index.to_string(), t.vcpu.to_string()].iter().chain(&row));
    }
    numbers(&mut threads, 0);
    format!(
        "run {run}: {config}\n\
         sections   {} in {:.3} s = {}/s; a thread {} to {}, mean {}, Jain's index {:.3}\n\
         waiting    {} halts, {} kicks by {}\n\
         exclusion  {}, {} updates lost\n\
         machine    kernel/raw_spin is {}, mode {}; {} loops/us\n{}\n{threads}",
        sum.sections,
        sum.elapsed_ns as f64 / 1e9,
        rate(report.rate()),
        sum.min,
        sum.max,
        sum.mean,
        report.fairness(),
        sum.halts,
        sum.kicks,
        report.machine.kick,
        report.outcome(),
        sum.lost,
        report.machine.kernel_lock,
        report.machine.mode,
        report.machine.loops_per_us,
        trial(report),
    )
}

/// What a trial came to, and each wake-up that it lost.
fn trial(report: &LockLoad) -> String {
    let Some(trial) = report.trial.first() else {
        return String::new();
    };
    let mut text = format!(
        "trial      {}: {} of {} rounds; halts ended by a kick {} ({} after a tick), early {}; \
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
        let us = |ns: u64| ns as f64 / 1e3;
        let (mean, max) = (us(trial.wake_mean_ns), us(trial.wake_max_ns));
        text += &format!("woken      {mean:.1} us after the kick, {max:.1} at most\n");
    }
    for lost in &report.lost {
        text += &format!(
            "LOST       vcpu {} halted on {}, which had been {} for {} ms without a kick; its lock: {}\n",
            lost.vcpu,
            lost.halted_on,
            lost.found,
            lost.waited_us / 1000,
            lost.lock,
        );
    }
    text
}
