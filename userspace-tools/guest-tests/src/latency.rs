// SPDX-License-Identifier: GPL-2.0

//! Tests of what `lock-load` measures of waits: every sample, the order, the causes, the events.

use std::{env, fs};

use abi::{
    histogram::Of,
    lock_load::{Cause, Lock},
    status::OracleState,
};
use anyhow::{ensure, Context, Result};
use results::LockLoad;
use rustix::io::Errno;

use crate::{
    raw::{self, refused},
    subject::{fresh, run, run_with, settings},
    suite::{group, Test},
};

pub fn tests() -> Vec<Test> {
    let mut tests = group(
        "latency",
        &[
            ("has_a_sample_for_every_section", every_section),
            ("is_not_measured_when_off", off),
            ("detects_overtaking", overtaking),
            ("attributes_a_running_holder_to_queueing", queueing),
            ("refuses_preemption_it_cannot_inject", no_preemption),
            ("attributes_injected_preemption", preemption),
        ],
    );
    tests.extend(group(
        "events",
        &[
            ("are_those_of_the_last_run", events),
            ("are_read_only_and_cleared_by_reset", cleared),
        ],
    ));
    let fifo = [
        Lock::Ticket,
        Lock::McsSpin,
        Lock::McsHalt,
        Lock::ClhSpinThenHalt,
        Lock::PvTicket,
    ];
    tests.extend(fifo.map(|lock| {
        let name = format!("latency/order_of_service_is_fifo/{lock}");
        Test::new(name, move || in_order(lock))
    }));
    tests
}

/// A run of `lock` on all vCPUs with `text` set.
fn sampled(lock: Lock, text: &str) -> Result<LockLoad> {
    run_with(&format!("lock={lock} threads=max run_ms=200 {text}"))
}

/// Every report is checked for as many samples of each thread as it has sections.
fn every_section() -> Result<()> {
    for lock in [Lock::Ttas, Lock::McsHalt, Lock::KernelRawSpin, Lock::Busted] {
        let report = sampled(lock, "")?;
        let (hold, wait) = (report.times(Of::Hold), report.times(Of::Wait));
        // All but the first, for which all threads queued up.
        let timed = report.sum.sections - 1;
        ensure!(hold.count() == timed && wait.count() == timed, "{lock}");
        let short = hold.quantile(0.5).context("no section was timed")?;
        let shortest = u64::from(report.config.hold_ns) / 2;
        ensure!(short >= shortest, "{lock}: median hold {short} ns");
        let cpu_time = report.cpu_time.context("no CPU time")?;
        ensure!(cpu_time.cpu_ns > 0, "{cpu_time}");
    }
    Ok(())
}

fn off() -> Result<()> {
    let report = sampled(Lock::Ticket, "histograms=off")?;
    let none = report.thread_waits.is_empty() && report.histograms.is_empty();
    ensure!(none && report.order.is_none() && report.long_waits.is_empty());
    ensure!(!report.events.is_empty(), "events are always counted");
    Ok(())
}

fn in_order(lock: Lock) -> Result<()> {
    let order = sampled(lock, "")?.order.context("no order")?;
    let fifo = order.fifo == OracleState::Held && order.overtaken == 0;
    ensure!(fifo && order.waits > 0, "{order}");
    Ok(())
}

/// The control: a lock that is not FIFO must be detected.
fn overtaking() -> Result<()> {
    let order = sampled(Lock::Tas, "")?.order.context("no order")?;
    let no_promise = order.fifo == OracleState::Untested;
    ensure!(no_promise && order.overtaken > 0, "{order}");
    Ok(())
}

/// The control of the attribution: a holder that runs is not preempted.
fn queueing() -> Result<()> {
    let text = "threads=2 run_ms=500 long_us=8000 long_hold_ms=50";
    let report = sampled(Lock::McsHalt, text)?;
    let holds = report.torture.long_holds;
    ensure!(holds > 1, "{}", report.torture);
    let queueing = report
        .long_waits_by(Cause::Queueing)
        .map_or(0, |waits| waits.count);
    // The host may preempt some holders, but not each.
    ensure!(
        queueing > 0,
        "of {holds} long holds: {:?}",
        report.long_waits
    );
    Ok(())
}

fn no_preemption() -> Result<()> {
    let module = fresh::<LockLoad>()?;
    let dir = module.dir();
    dir.set("preempt=holder preempt_every_ms=20")?;
    refused(dir, "run", "start", Errno::RANGE, "allowed: 21..=60000")?;
    dir.set("preempt_every_ms=100 histograms=off")?;
    refused(dir, "run", "start", Errno::INVAL, "histograms=on")
}

/// The host injects preemptions. If it does not, a run that needs them is refused; if it does,
/// most long waits are attributed to them.
fn preemption() -> Result<()> {
    let asked = env::var(vm_record::environment::PREEMPT).unwrap_or_default();
    if asked.is_empty() {
        let module = fresh::<LockLoad>()?;
        module.dir().set("preempt=holder")?;
        let reason = "vm run --preempt holder";
        return refused(module.dir(), "run", "start", Errno::NODEV, reason);
    }
    let often = "run_ms=2000 long_us=15000 preempt_ms=60 preempt_every_ms=150";
    let report = sampled(Lock::McsSpinThenHalt, &format!("{often} preempt={asked}"))?;
    let injected = report.injected.context("no injected preemptions")?;
    ensure!(injected.requested > 3, "{injected}");
    if asked == "holder" {
        let all = report.long_wait_count();
        let holder = report
            .long_waits_by(Cause::HolderPreempted)
            .map_or(0, |waits| waits.count);
        ensure!(injected.seen > 0, "{injected}");
        ensure!(
            holder * 10 >= all * 9,
            "{holder} of {all}: {:?}",
            report.long_waits
        );
    }
    Ok(())
}

fn events() -> Result<()> {
    let module = fresh::<LockLoad>()?;
    let report = run(&module, &settings::<LockLoad>("lock=mcs/halt threads=max")?)?;
    let waited = report.events.iter().find(|e| e.name == "lock_slowpath");
    ensure!(waited.is_some_and(|e| e.count > 0), "{:?}", report.events);
    let files = fs::read_dir(module.dir().file("events"))?.count();
    ensure!(files == report.events.len(), "{files} files");
    for event in &report.events {
        let text = module.dir().read(&format!("events/{}", event.name))?;
        ensure!(text == format!("{}\n", event.count), "{event:?}: {text:?}");
    }
    Ok(())
}

fn cleared() -> Result<()> {
    let module = fresh::<LockLoad>()?;
    run(&module, &settings::<LockLoad>("lock=ticket threads=max")?)?;
    let file = "events/lock_slowpath";
    ensure!(module.dir().read(file)? != "0\n", "no thread waited");
    let written = raw::write(&module.dir().file(file), b"1");
    ensure!(written.is_err(), "it can be written");
    module.dir().reset()?;
    ensure!(module.dir().read(file)? == "0\n", "not cleared");
    Ok(())
}
