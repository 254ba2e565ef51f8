// SPDX-License-Identifier: GPL-2.0

//! Tests that no thread of `lock-load` waits with preemption or interrupts off for one that may not run:
//! while `stop_machine()` wants all vCPUs, with both threads on one vCPU, and at an unfair lock.

use std::{
    fs,
    thread::sleep,
    time::{Duration, Instant},
};

use abi::{lock_load::Lock, trial::Load};
use anyhow::{ensure, Context, Result};
use debugfs::Module;
use results::{vcpus, LockLoad, Outcome, Report};

use crate::{
    hotplug::Offline,
    kernel_module::{insert, remove},
    removal::inserted_after,
    runs::expect::expect,
    subject::{fresh, halt, settings},
    suite::{group, Test},
};

pub fn tests() -> Vec<Test> {
    let mut tests = group(
        "lock-load/waits",
        &[
            ("trials_stop_with_all_threads_on_one_vcpu", one_vcpu),
            ("kick_storm_kicks_no_offline_vcpu", storm_offline),
            ("irqs_off_is_bounded_at_an_unfair_lock", starved),
        ],
    );
    tests.extend(Load::ALL.iter().map(|&load| {
        let name = format!("lock-load/waits/stop_machine_passes_{load}");
        Test::new(name, move || stop_machine(load))
    }));
    let name = "lock-load/rmmod/waits_for_rcu_callbacks_of_kernel_percpu_rwsem";
    tests.push(Test::new(name, || {
        inserted_after(LockLoad::MODULE, percpu_rwsem)
    }));
    tests
}

/// Much longer than anything here takes on a busy host, and much shorter than a run.
const LIMIT: Duration = Duration::from_secs(6);

fn endless(load: Load, threads: u32) -> Result<Module<LockLoad>> {
    let threads = match load {
        Load::Steps => 1,
        Load::Primitives | Load::Deadlocks => 2,
        _ => threads,
    };
    let lock = match load {
        Load::Deadlocks => Lock::Resilient,
        _ => Lock::McsHalt,
    };
    let text = format!("load={load} lock={lock} threads={threads} rounds=100000000 run_ms=60000");
    let module = fresh()?;
    module.start(&settings::<LockLoad>(&text)?)?;
    sleep(Duration::from_millis(100));
    Ok(module)
}

/// Fails if `work` takes longer than [`LIMIT`].
fn in_time(what: &str, work: impl FnOnce() -> Result<()>) -> Result<()> {
    let from = Instant::now();
    work()?;
    let took = from.elapsed();
    ensure!(took < LIMIT, "{what} took {took:?}");
    Ok(())
}

/// A change of the clock source stops all vCPUs but for one function.
fn stop_machine(load: Load) -> Result<()> {
    let dir = "/sys/devices/system/clocksource/clocksource0";
    let current = format!("{dir}/current_clocksource");
    let read = |path: &str| fs::read_to_string(path).context(path.to_owned());
    let (was, all) = (
        read(&current)?,
        read(&format!("{dir}/available_clocksource"))?,
    );
    let other = all.split_whitespace().find(|&name| name != was.trim());
    let other = other.context("there is one clock source alone")?;
    let module = endless(load, vcpus())?;
    let mut outcome = Ok(());
    for name in [other, was.trim(), other, was.trim()] {
        let change = || fs::write(&current, name).context(current.clone());
        outcome = outcome.and(in_time(&format!("change to {name}"), change));
    }
    in_time("stop", || halt(&module))?;
    outcome
}

fn one_vcpu() -> Result<()> {
    let mut offline = Vec::new();
    while vcpus() > 2 {
        offline.push(Offline::last()?);
    }
    for &load in Load::ALL {
        let module = endless(load, 2)?;
        let last = Offline::last()?;
        // The first thread is alone with the other on its vCPU.
        sleep(Duration::from_millis(100));
        in_time(&format!("stop of {load}"), || halt(&module))?;
        drop(last);
    }
    while offline.pop().is_some() {}
    Ok(())
}

/// The waiter is the second thread, and the others kick the vCPU that it was on last.
fn storm_offline() -> Result<()> {
    let module = endless(Load::KickStorm, vcpus())?;
    let offline = Offline::of(1)?;
    sleep(Duration::from_millis(200));
    drop(offline);
    in_time("stop", || halt(&module))
}

/// Long sections, no pause in between, and waiters that pause for long: all but one starve.
fn starved() -> Result<()> {
    let text = format!(
        "lock={} irqs=off threads=max run_ms=3000 hold_ns=1000000 idle_ns=0 backoff=65536",
        Lock::Tas
    );
    let report: LockLoad = expect(&text, Outcome::Pass)?;
    let waits = report.thread_waits.iter().map(|t| t.longest_wait_ns);
    let longest = Duration::from_nanos(waits.max().unwrap_or(0));
    let bound = Duration::from_secs(2);
    ensure!(longest < bound, "interrupts were off for {longest:?}");
    Ok(())
}

/// Grace periods are made a second long, so that the callback that the last section leaves is still
/// pending when the module goes, which has to wait for it.
fn percpu_rwsem() -> Result<()> {
    let path = "/sys/module/rcutree/parameters/jiffies_till_first_fqs";
    let was = fs::read_to_string(path).context(path)?;
    fs::write(path, "250").context(path)?;
    let outcome = expect::<LockLoad>(
        "lock=kernel/percpu_rwsem threads=2 run_ms=50",
        Outcome::Pass,
    );
    let from = Instant::now();
    let removed = remove(LockLoad::MODULE);
    let took = from.elapsed();
    fs::write(path, was.trim()).context(path)?;
    removed?;
    insert(LockLoad::MODULE)?;
    outcome?;
    ensure!(took.as_millis() > 300, "the module was gone after {took:?}");
    Ok(())
}
