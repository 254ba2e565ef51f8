// SPDX-License-Identifier: GPL-2.0

//! What looks on at a run sees all of it, and tells one cause from another.

use std::{env, fs};

use abi::{
    histogram::Of,
    lock_load::{Class, Config, Lock, Switch, Victim},
    status::OracleState,
};
use anyhow::{ensure, Context, Result};
use results::{vcpus, LockLoad, Settings};
use rustix::io::Errno;

use crate::{
    raw,
    subject::{fresh, run},
    suite::Test,
};

/// The tests of the instruments.
pub fn tests() -> Vec<Test> {
    let mut tests = vec![
        Test::new("instruments/time_every_section", every_section),
        Test::new("instruments/are_silent_when_off", off),
        Test::new("instruments/find_overtaking_where_it_is", overtaking),
        Test::new("instruments/blame_a_running_holder_on_the_queue", queueing),
        Test::new("instruments/refuse_stops_that_cannot_be", no_stops),
        Test::new("instruments/tell_of_stops", stops),
        Test::new("events/are_those_of_the_last_run", events),
        Test::new("events/are_for_reading_and_forgotten_on_reset", forgotten),
    ];
    let fifo = [
        Lock::Ticket,
        Lock::McsSpin,
        Lock::McsHalt,
        Lock::ClhSpinThenHalt,
        Lock::PvTicket,
    ];
    tests.extend(fifo.map(|lock| {
        let name = format!("instruments/see_the_order_kept_by/{lock}");
        Test::new(name, move || in_order(lock))
    }));
    tests
}

fn config(lock: Lock) -> Config {
    Config {
        lock,
        threads: vcpus(),
        run_ms: 200,
        ..Config::default()
    }
}

fn watched(config: &Config) -> Result<LockLoad> {
    run(&fresh::<LockLoad>()?, config)
}

/// That each thread's histograms hold its sections is checked whenever a report is read.
fn every_section() -> Result<()> {
    for lock in [Lock::Ttas, Lock::McsHalt, Lock::KernelRawSpin, Lock::Busted] {
        let report = watched(&config(lock))?;
        let (hold, wait) = (report.times(Of::Hold), report.times(Of::Wait));
        // All but the one that lined the others up.
        let timed = report.sum.sections - 1;
        ensure!(hold.count() == timed && wait.count() == timed, "{lock}");
        let short = hold.quantile(0.5).context("no section was timed")?;
        let shortest = u64::from(report.config.hold_ns) / 2;
        ensure!(short >= shortest, "{lock}: half were held for {short} ns");
        let granted = report.granted.context("no CPU time")?;
        ensure!(granted.cpu_ns > 0, "{granted}");
    }
    Ok(())
}

fn off() -> Result<()> {
    let report = watched(&Config {
        histograms: Switch::Off,
        ..config(Lock::Ticket)
    })?;
    let silent = report.watched.is_empty() && report.histograms.is_empty();
    ensure!(silent && report.order.is_none() && report.why.is_empty());
    ensure!(!report.events.is_empty(), "events cost nothing");
    Ok(())
}

fn in_order(lock: Lock) -> Result<()> {
    let order = watched(&config(lock))?.order.context("no order")?;
    ensure!(order.waits > 0, "nobody waited: {order}");
    ensure!(
        order.fifo == OracleState::Held && order.overtaken == 0,
        "{order}"
    );
    Ok(())
}

/// The control: a lock that serves whoever comes by must be seen to.
fn overtaking() -> Result<()> {
    let order = watched(&config(Lock::Tas))?.order.context("no order")?;
    ensure!(order.overtaken > 0, "nobody was overtaken: {order}");
    ensure!(
        order.fifo == OracleState::Untested,
        "nothing was promised: {order}"
    );
    Ok(())
}

/// The control of the blame: whoever holds for long and runs is not preempted.
fn queueing() -> Result<()> {
    let config = Config {
        threads: 2,
        run_ms: 500,
        long_us: 8000,
        long_hold_ms: 50,
        ..config(Lock::McsHalt)
    };
    let report = watched(&config)?;
    let holds = report.disturbed.long_holds;
    ensure!(holds > 1, "{}", report.disturbed);
    let queueing = report.why(Class::Queueing).map_or(0, |why| why.count);
    // The host may be busy; a stop in each of them would be strange.
    ensure!(queueing > 0, "of {holds} long holds: {:?}", report.why);
    Ok(())
}

fn no_stops() -> Result<()> {
    let module = fresh::<LockLoad>()?;
    module.dir().set("preempt=holder preempt_every_ms=20")?;
    raw::refused(
        module.dir(),
        "run",
        b"start",
        Errno::RANGE,
        "allowed: 21..=60000",
    )?;
    module.dir().set("preempt_every_ms=100 histograms=off")?;
    raw::refused(module.dir(), "run", b"start", Errno::INVAL, "histograms=on")?;
    Ok(())
}

/// Who stops vCPUs is the host. Without it a run that asks for stops is refused; with it, most
/// long waits are to be blamed on what was stopped.
fn stops() -> Result<()> {
    let asked = env::var("SLOWPATH_PREEMPT").unwrap_or_default();
    if asked.is_empty() {
        let module = fresh::<LockLoad>()?;
        module.dir().set("preempt=holder")?;
        return raw::refused(
            module.dir(),
            "run",
            b"start",
            Errno::NODEV,
            "vm run --preempt holder",
        );
    }
    let mut config = Config {
        run_ms: 2000,
        long_us: 15_000,
        preempt_ms: 60,
        preempt_every_ms: 150,
        ..config(Lock::McsSpinThenHalt)
    };
    ensure!(config.take(&format!("preempt={asked}"), vcpus()).is_ok());
    let report = watched(&config)?;
    let stops = report.stops.context("no stops")?;
    ensure!(stops.asked > 3, "{stops}");
    let all: u64 = report.why.iter().map(|why| why.count).sum();
    let holder = report
        .why(Class::HolderPreempted)
        .map_or(0, |why| why.count);
    if config.preempt == Victim::Holder {
        ensure!(stops.seen > 0, "{stops}");
        ensure!(
            holder * 10 >= all * 9,
            "{holder} of {all}: {:?}",
            report.why
        );
    }
    Ok(())
}

fn events() -> Result<()> {
    let module = fresh::<LockLoad>()?;
    let report = run(&module, &config(Lock::McsHalt))?;
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

fn forgotten() -> Result<()> {
    let module = fresh::<LockLoad>()?;
    run(&module, &config(Lock::Ticket))?;
    let file = "events/lock_slowpath";
    ensure!(module.dir().read(file)? != "0\n", "nobody waited");
    let written = raw::write(&module.dir().file(file), b"1");
    ensure!(written.is_err(), "it can be written");
    module.dir().reset()?;
    ensure!(module.dir().read(file)? == "0\n", "not forgotten");
    Ok(())
}
