// SPDX-License-Identifier: GPL-2.0

//! Tests that the effect of each torture option is visible outside of the module.

use std::fs;

use abi::lock_load::Lock;
use anyhow::{bail, ensure, Context, Result};
use results::{vcpus, LockLoad, Outcome, Report};

use super::seen::{all_online, stats, until, STORM};
use crate::{
    runs::expect::rows,
    subject::run_with,
    suite::{group, Test},
};

pub fn tests() -> Vec<Test> {
    let mut tests = rows! { LockLoad, "lock-load/torture", "lock=ttas";
        "is_off_by_default": "threads=max run_ms=100", Pass,
            |run| results::pairs(&run.torture.to_string()).all(|(_, n)| n == "0");
        "shuffle_moves_every_thread": "threads=2 run_ms=1000 shuffle_ms=20", Pass,
            |run| run.torture.shuffles > 0 && run.threads.iter().all(|t| t.moved > 0);
    };
    tests.extend(group(
        "lock-load/torture",
        &[
            ("stutter_pauses_all_threads", stutters),
            ("onoff_takes_vcpus_offline", goes_offline),
            ("onoff_with_one_thread_takes_another_vcpu", one_thread),
            ("long_holds_are_long", holds_long),
            ("irqs_off_keeps_the_timer_out", irqs_off),
            ("boost_makes_a_thread_real_time", boosts),
            ("locks_exclude_under_all_options_at_once", all_at_once),
        ],
    ));
    tests
}

/// The state `TASK_IDLE` in `/proc/PID/stat`.
const IDLE: &str = "I";

fn stutters() -> Result<()> {
    let all = vcpus() as usize;
    let (mut paused, mut resumed) = (false, false);
    let report = until("stutter_ms=200", "a pause, and its end", || {
        // The control thread sleeps as well: one more than there are threads.
        let asleep = stats()?.iter().filter(|stat| stat[0] == IDLE).count();
        paused |= asleep >= all;
        resumed |= paused && asleep + 1 < all;
        Ok(resumed)
    })?;
    let torture = report.torture;
    ensure!(torture.pauses >= vcpus().into(), "{torture}");
    // Only the pause in which the run was stopped may be much shorter than 200 ms.
    ensure!(torture.paused_ns > 100_000_000, "{torture}");
    Ok(())
}

fn goes_offline() -> Result<()> {
    let all = vcpus();
    let (mut less, mut back) = (false, 0);
    let twice = "a vCPU offline, and back, twice";
    let report = until("lock=mcs/halt onoff_ms=50", twice, || {
        let now = vcpus();
        back += u32::from(less && now == all);
        less = now < all;
        Ok(back >= 2)
    })?;
    all_online(all)?;
    ensure!(report.torture.offline >= 2, "{}", report.torture);
    let moved = report.threads.iter().any(|t| t.moved > 0);
    ensure!(moved, "no thread lost its vCPU: {:?}", report.threads);
    let queued = report.threads.iter().any(|t| t.queued_ns > 1_000_000);
    ensure!(queued, "no two threads shared one: {:?}", report.threads);
    Ok(())
}

/// The only thread is on a vCPU that cannot go offline, so another goes.
fn one_thread() -> Result<()> {
    let all = vcpus();
    until("onoff_ms=50 threads=1", "a vCPU offline", || {
        Ok(vcpus() < all)
    })?;
    all_online(all)
}

/// One thread that holds the lock for 100 ms at a time.
const LONG_HOLDS: &str = "lock=ttas threads=1 run_ms=1000 long_hold_ms=100 long_hold_every_ms=1";

fn holds_long() -> Result<()> {
    let report: LockLoad = run_with(LONG_HOLDS)?;
    let (torture, sum) = (report.torture, report.sum);
    ensure!(torture.long_holds >= 2, "{torture}");
    // The end of the run cuts the last hold short.
    let least = (torture.long_holds - 1) * 100_000_000;
    ensure!(sum.elapsed_ns >= least, "{torture} {sum}");
    let without: LockLoad = run_with("lock=ttas threads=1 run_ms=1000")?;
    let (with, without) = (sum.sections, without.sum.sections);
    ensure!(with < without / 2, "{with} sections, {without} without");
    Ok(())
}

/// Timer interrupts of the first vCPU: of its local APIC, and of Xen's timer, which is an event.
fn ticks() -> Result<u64> {
    let text = fs::read_to_string("/proc/interrupts").context("/proc/interrupts")?;
    let is_tick = |line: &&str| line.trim().starts_with("LOC:") || line.ends_with("timer0");
    let of_first = |line: &str| line.split_whitespace().nth(1)?.parse::<u64>().ok();
    let counts: Option<Vec<u64>> = text.lines().filter(is_tick).map(of_first).collect();
    let counts = counts.filter(|counts| !counts.is_empty());
    counts
        .map(|counts| counts.iter().sum())
        .context("/proc/interrupts has no count of timer interrupts")
}

/// A vCPU that holds a lock for 100 ms at a time gets ticks between the holds even with interrupts
/// off during them. One that the host lets run seldom gets few in either run, and is measured again.
fn irqs_off() -> Result<()> {
    let ticks_with = |irqs| -> Result<u64> {
        let before = ticks()?;
        run_with::<LockLoad>(&format!("{LONG_HOLDS} irqs={irqs}"))?;
        Ok(ticks()? - before)
    };
    let mut seen = Vec::new();
    for _ in 0..5 {
        let (on, off) = (ticks_with("on")?, ticks_with("off")?);
        if off * 2 < on {
            return Ok(());
        }
        seen.push((on, off));
    }
    bail!("ticks with interrupts on and off: {seen:?}")
}

fn boosts() -> Result<()> {
    // See proc_pid_stat(5): the policy is field 41, and the state field 3.
    let (policy, fifo) = (41 - 3, "1");
    let report = until("boost_ms=20", "a thread of SCHED_FIFO", || {
        let stats = stats()?;
        Ok(stats.iter().any(|stat| stat[policy] == fifo))
    })?;
    ensure!(report.torture.boosts > 0, "{}", report.torture);
    Ok(())
}

fn all_at_once() -> Result<()> {
    let all = vcpus();
    for (lock, expected) in [
        (Lock::Ticket, Outcome::Pass),
        (Lock::McsSpinThenHalt, Outcome::Pass),
        (Lock::KernelRawSpin, Outcome::Pass),
        (Lock::Busted, Outcome::Caught),
    ] {
        let report: LockLoad = run_with(&format!("{STORM} lock={lock} run_ms=1000"))?;
        let outcome = report.outcome();
        ensure!(outcome == expected, "{lock}: {outcome}");
        all_online(all)?;
    }
    Ok(())
}
