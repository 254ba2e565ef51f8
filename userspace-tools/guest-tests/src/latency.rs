// SPDX-License-Identifier: GPL-2.0

//! Tests of what `lock-load` measures of waits: every sample, the order, the causes, the events.

use std::{env, fs};

use abi::{
    histogram::Of,
    lock_load::{Cause, Injection, Lock, Order},
    status::OracleState,
};
use anyhow::{ensure, Context, Result};
use results::{LockLoad, Outcome};
use rustix::io::Errno;

use crate::{
    raw,
    runs::expect::{row, rows},
    subject::{fresh, run, run_with, settings, start_refused},
    suite::{group, Test},
};

pub fn tests() -> Vec<Test> {
    let mut tests = group(
        "latency",
        &[
            ("has_a_sample_for_every_section", every_section),
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
        let text = format!("{SAMPLED} lock={lock}");
        row(name, text, Outcome::Pass, |run: &LockLoad| {
            let in_order = |o: &Order| o.fifo == OracleState::Held && o.overtaken == 0;
            run.order
                .as_ref()
                .is_some_and(|o| in_order(o) && o.waits > 0)
        })
    }));
    tests.extend(
        [Lock::ReciprocatingSpin, Lock::ReciprocatingSpinThenHalt].map(|lock| {
            let name = format!("latency/each_thread_overtakes_a_waiter_at_most_once/{lock}");
            let text = format!("{SAMPLED} lock={lock}");
            row(name, text, Outcome::Pass, |run: &LockLoad| {
                let waits = run.order.map_or(0, |order| order.waits);
                run.bypass.map(|bypass| bypass.once) == Some(OracleState::Held) && waits > 0
            })
        }),
    );
    // Two controls: a lock that is not FIFO, and a holder that runs, though the host may preempt it.
    tests.extend(rows! { LockLoad, "latency", SAMPLED;
        "is_not_measured_when_off": "lock=ticket histograms=off", Pass, |run| is_off(run);
        "detects_overtaking": "lock=tas", Pass, |run| run.order.as_ref()
            .is_some_and(|order| order.fifo == OracleState::Untested && order.overtaken > 0);
        "attributes_a_running_holder_to_queueing":
            "lock=mcs/halt threads=2 run_ms=500 long_us=8000 long_hold_ms=50", Pass,
            |run| run.torture.long_holds > 1 && count(run, Cause::Queueing) > 0;
    });
    tests
}

/// A run on all vCPUs.
const SAMPLED: &str = "threads=max run_ms=200";

/// Every report is checked for as many samples of each thread as it has sections.
fn every_section() -> Result<()> {
    for lock in [Lock::Ttas, Lock::McsHalt, Lock::KernelRawSpin, Lock::Busted] {
        let report: LockLoad = run_with(&format!("{SAMPLED} lock={lock}"))?;
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

/// Events are counted nevertheless.
fn is_off(run: &LockLoad) -> bool {
    let none = run.thread_waits.is_empty() && run.histograms.is_empty();
    none && run.order.is_none() && run.long_waits.is_empty() && !run.events.is_empty()
}

/// The long waits of one cause.
fn count(run: &LockLoad, cause: Cause) -> u64 {
    run.long_waits_by(cause).map_or(0, |waits| waits.count)
}

fn no_preemption() -> Result<()> {
    let text = "preempt=holder preempt_every_ms=20";
    start_refused::<LockLoad>(text, Errno::RANGE, "allowed: 21..=60000").map(drop)
}

/// The host injects preemptions. If it does not, a run that needs them is refused; if it does,
/// most long waits are attributed to them.
fn preemption() -> Result<()> {
    let asked = env::var(vm_record::environment::PREEMPT).unwrap_or_default();
    if asked.is_empty() {
        let reason = "vm run --preempt holder";
        return start_refused::<LockLoad>("preempt=holder", Errno::NODEV, reason).map(drop);
    }
    let often = "run_ms=2000 long_us=15000 preempt_ms=60 preempt_every_ms=150";
    let lock = Lock::McsSpinThenHalt;
    let report: LockLoad = run_with(&format!("{SAMPLED} lock={lock} {often} preempt={asked}"))?;
    let injected = report.injected.context("no injected preemptions")?;
    ensure!(injected.requested > 3, "{injected}");
    let logged = report.injections.len() as u64;
    ensure!(
        logged == injected.requested.min(64),
        "{logged} of {injected}"
    );
    let order = |pair: &[Injection]| pair[0].at_ns < pair[1].at_ns;
    ensure!(
        report.injections.windows(2).all(order),
        "not in their order"
    );
    let waits = report.logged_waits.len();
    ensure!(waits > 0, "no long wait is logged: {:?}", report.long_waits);
    if asked == "holder" {
        let all = report.long_wait_count();
        let holder = count(&report, Cause::HolderPreempted);
        ensure!(injected.seen > 0, "{injected}");
        let most = holder * 10 >= all * 9;
        ensure!(most, "{holder} of {all}: {:?}", report.long_waits);
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
