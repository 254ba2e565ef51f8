// SPDX-License-Identifier: GPL-2.0

//! Each disturbance can be seen from outside of the module.

use std::fs;

use abi::lock_load::{Config, Irqs, Lock};
use anyhow::{ensure, Context, Result};
use results::{vcpus, LockLoad, Outcome, Report};

use super::{all_online, long, stats, storm, until};
use crate::{
    subject::{fresh, run},
    suite::Test,
};

pub fn tests() -> Vec<Test> {
    vec![
        Test::new("lock-load/disturb/is_off_by_default", off_by_default),
        Test::new("lock-load/disturb/stutter_pauses_all_at_once", stutters),
        Test::new("lock-load/disturb/shuffle_moves_every_thread", shuffles),
        Test::new("lock-load/disturb/onoff_takes_vcpus_offline", goes_offline),
        Test::new(
            "lock-load/disturb/onoff_finds_another_vcpu_for_one_thread",
            goes_offline_beside_one,
        ),
        Test::new("lock-load/disturb/long_holds_are_long", holds_long),
        Test::new("lock-load/disturb/irqs_off_keeps_the_timer_out", irqs_off),
        Test::new("lock-load/disturb/boost_makes_real_time", boosts),
        Test::new("lock-load/disturb/locks_stand_all_at_once", all_at_once),
    ]
}

fn off_by_default() -> Result<()> {
    let report = run(&fresh::<LockLoad>()?, &long(100))?;
    let line = report.disturbed.to_string();
    let counts = results::pairs(&line);
    ensure!(counts.into_iter().all(|(_, n)| n == "0"), "{line}");
    Ok(())
}

/// The state of a thread that sleeps without being waited for.
const IDLE: &str = "I";

fn stutters() -> Result<()> {
    let config = Config {
        stutter_ms: 200,
        ..long(20_000)
    };
    // The conductor sleeps as well: one more than there are threads.
    let asleep = || -> Result<usize> {
        let idle = stats()?.into_iter().filter(|stat| stat[0] == IDLE);
        Ok(idle.count())
    };
    let all = config.threads as usize;
    let (mut paused, mut went_on) = (false, false);
    let report = until(&config, "a pause, and its end", || {
        let asleep = asleep()?;
        paused |= asleep >= all;
        went_on |= paused && asleep + 1 < all;
        Ok(went_on)
    })?;
    let disturbed = report.disturbed;
    ensure!(disturbed.pauses >= config.threads.into(), "{disturbed}");
    // None is much shorter than it is to be, except the one in which the run was stopped.
    ensure!(disturbed.paused_ns > 100_000_000, "{disturbed}");
    Ok(())
}

fn shuffles() -> Result<()> {
    let config = Config {
        shuffle_ms: 20,
        threads: 2,
        ..long(1000)
    };
    let report = run(&fresh::<LockLoad>()?, &config)?;
    ensure!(report.disturbed.shuffles > 0, "{}", report.disturbed);
    for thread in &report.threads {
        ensure!(thread.moved > 0, "never moved: {thread}");
    }
    ensure!(!report.outcome().failed(), "{}", report.outcome());
    Ok(())
}

fn goes_offline() -> Result<()> {
    let all = vcpus();
    let config = Config {
        lock: Lock::McsHalt,
        onoff_ms: 50,
        ..long(20_000)
    };
    let (mut less, mut back) = (false, 0);
    let report = until(&config, "a vCPU offline, and back, twice", || {
        let now = vcpus();
        back += u32::from(less && now == all);
        less = now < all;
        Ok(back >= 2)
    })?;
    all_online(all)?;
    ensure!(report.disturbed.offline >= 2, "{}", report.disturbed);
    let moved = report.threads.iter().any(|t| t.moved > 0);
    ensure!(moved, "no thread lost its vCPU: {:?}", report.threads);
    let queued = report.threads.iter().any(|t| t.queued_ns > 1_000_000);
    ensure!(queued, "no two shared one: {:?}", report.threads);
    Ok(())
}

/// The one thread is on the vCPU that cannot go, so another goes.
fn goes_offline_beside_one() -> Result<()> {
    let all = vcpus();
    let config = Config {
        onoff_ms: 50,
        threads: 1,
        ..long(20_000)
    };
    until(&config, "a vCPU offline", || Ok(vcpus() < all))?;
    all_online(all)
}

fn holds_long() -> Result<()> {
    let config = Config {
        long_hold_ms: 100,
        long_hold_every_ms: 1,
        threads: 1,
        ..long(1000)
    };
    let report = run(&fresh::<LockLoad>()?, &config)?;
    let (disturbed, sum) = (report.disturbed, report.sum);
    ensure!(disturbed.long_holds >= 2, "{disturbed}");
    // Each but the last, which the end of the run cuts short, has its length.
    let least = (disturbed.long_holds - 1) * 100_000_000;
    ensure!(sum.elapsed_ns >= least, "{disturbed} {sum}");
    let config = Config {
        long_hold_ms: 0,
        ..config
    };
    let without = run(&fresh::<LockLoad>()?, &config)?;
    ensure!(
        report.sum.sections < without.sum.sections / 2,
        "{} sections between long holds, {} without",
        report.sum.sections,
        without.sum.sections
    );
    Ok(())
}

/// Timer interrupts that the first vCPU has taken.
fn ticks() -> Result<u64> {
    let text = fs::read_to_string("/proc/interrupts").context("/proc/interrupts")?;
    let line = text.lines().find_map(|l| l.trim().strip_prefix("LOC:"));
    let first = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    first.context("/proc/interrupts has no line LOC")
}

/// A vCPU that holds a lock for a tenth of a second, again and again, takes a tick between two
/// holds if it takes none in them.
fn irqs_off() -> Result<()> {
    let ticks_of = |irqs| -> Result<u64> {
        let config = Config {
            irqs,
            long_hold_ms: 100,
            long_hold_every_ms: 1,
            threads: 1,
            ..long(1000)
        };
        let (module, before) = (fresh::<LockLoad>()?, ticks()?);
        run(&module, &config)?;
        Ok(ticks()? - before)
    };
    let (on, off) = (ticks_of(Irqs::On)?, ticks_of(Irqs::Off)?);
    ensure!(off * 2 < on, "ticks with interrupts on: {on}, off: {off}");
    Ok(())
}

fn boosts() -> Result<()> {
    // See proc_pid_stat(5): the policy is field 41, and the state field 3.
    let (policy, fifo) = (41 - 3, "1");
    let config = Config {
        boost_ms: 20,
        ..long(20_000)
    };
    let report = until(&config, "a thread of SCHED_FIFO", || {
        let stats = stats()?;
        Ok(stats.iter().any(|stat| stat[policy] == fifo))
    })?;
    ensure!(report.disturbed.boosts > 0, "{}", report.disturbed);
    Ok(())
}

fn all_at_once() -> Result<()> {
    let all = vcpus();
    for lock in [Lock::Ticket, Lock::McsSpinThenHalt, Lock::KernelRawSpin] {
        let config = Config {
            run_ms: 1000,
            ..storm(lock)
        };
        let report = run(&fresh::<LockLoad>()?, &config)?;
        let outcome = report.outcome();
        ensure!(outcome == Outcome::Pass, "{config}: {outcome}");
        all_online(all)?;
    }
    let config = Config {
        run_ms: 1000,
        ..storm(Lock::Busted)
    };
    let outcome = run(&fresh::<LockLoad>()?, &config)?.outcome();
    ensure!(outcome == Outcome::Caught, "{config}: {outcome}");
    all_online(all)
}
