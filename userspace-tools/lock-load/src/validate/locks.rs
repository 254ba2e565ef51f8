// SPDX-License-Identifier: GPL-2.0

//! Checks of every lock: exclusion, order, tickets that wrap, trylock; control: busted is caught.

use abi::{
    lock_load::{Acquire, Config, Lock, ServiceOrder, Sharing, Sum, Switch, TICKETS_TO_WRAP},
    status::OracleState,
};
use results::{table::rate, Case, LockLoad, Report, Verdict};

use super::{
    check::{found, of, Check},
    session::Session,
};

/// Sections until tickets wrap around.
const TO_THE_WRAP: u64 = TICKETS_TO_WRAP as u64;
/// The longest wait allowed; in a storm with eight vCPUs on a CPU every wait is long.
const LONGEST_WAIT_MS: u64 = 10_000;

pub fn checks(session: &Session) -> Vec<Check> {
    let mut checks = Vec::new();
    for lock in session.locks(|lock| !lock.facts().promises_nothing) {
        checks.push(Check::new(
            format!("{lock}: excludes, and serves every thread"),
            "0 updates lost, every thread served",
            move |session| excludes(session, lock),
        ));
    }
    for lock in session.locks(|lock| !lock.facts().promises_nothing) {
        checks.push(Check::new(
            format!("{lock}: order of service, and the longest wait"),
            format!(
                "none overtaken if FIFO, once by each thread if so promised; {LONGEST_WAIT_MS} ms; \
                 EINVAL if sections are delegated"
            ),
            move |session| waits(session, lock),
        ));
    }
    for lock in session.locks(|lock| lock.facts().shares && !lock.facts().promises_nothing) {
        checks.push(Check::new(
            format!("{lock}: readers and writers"),
            "0 updates lost, no read torn; both kinds served",
            move |session| shares(session, lock),
        ));
    }
    for lock in [Lock::Busted, Lock::BustedReaders] {
        checks.push(Check::new(
            format!("control: {lock} does not exclude"),
            "caught",
            move |session| control(session, lock),
        ));
    }
    for lock in session.locks(|lock| lock.facts().tickets) {
        checks.push(Check::new(
            format!("{lock}: tickets wrap around"),
            "excludes, before and after the wrap",
            move |session| wraps(session, lock),
        ));
    }
    for lock in session.locks(|lock| !lock.facts().promises_nothing) {
        checks.push(Check::new(
            format!("{lock}: trylock"),
            "excludes; EINVAL without one",
            move |session| tries(session, lock),
        ));
    }
    checks
}

/// Whether a run shows that the lock excludes, or that it does not: more than one thread had it.
fn is_contested(report: &LockLoad) -> bool {
    report.sum.exclusion != OracleState::Untested
}

fn excludes(session: &Session, lock: Lock) -> debugfs::Result<Case> {
    let config = Config {
        lock,
        histograms: lock.histograms(),
        ..session.base()
    };
    let served = |report: &LockLoad| is_contested(report) && report.sum.min > 0;
    let report = session.run_until(&config, served)?;
    let sum = report.sum;
    let measured = format!(
        "{} sections ({}/s), {} lost; a thread {} to {}",
        sum.sections,
        rate(report.rate()),
        sum.lost,
        sum.min,
        sum.max
    );
    let verdict = match of(sum.exclusion, sum.sections) {
        Verdict::Pass => Verdict::from(sum.min > 0),
        other => other,
    };
    Ok(found(measured, verdict)
        .with("sections", sum.sections)
        .with("lost", sum.lost)
        .with("min", sum.min)
        .with("max", sum.max)
        .with("per_s", report.rate()))
}

/// The order of service and the longest wait, as sampled.
fn waits(session: &Session, lock: Lock) -> debugfs::Result<Case> {
    let config = Config {
        lock,
        histograms: Switch::On,
        ..session.base()
    };
    let promised = lock.facts().order() != ServiceOrder::Any;
    let ordered = |report: &LockLoad| !promised || kept(report) != Some(OracleState::Untested);
    let enough = |report: &LockLoad| is_contested(report) && ordered(report);
    let report = match session.run_until(&config, enough) {
        Err(e) if e.is_usage() => {
            return Ok(found(
                "EINVAL: sections are delegated",
                lock.facts().delegates,
            ));
        }
        other => other?,
    };
    let (Some(order), Some(kept)) = (report.order, kept(&report)) else {
        return Ok(found("no line `order` in the report", Verdict::NotMeasured));
    };
    let longest = report.thread_waits.iter().map(|w| w.longest_wait_ns).max();
    let longest_ns = longest.unwrap_or(0);
    let longest_ms = longest_ns / 1_000_000;
    let promise = match (lock.facts().order(), kept) {
        (_, OracleState::Untested) => "no promise",
        (ServiceOrder::BypassOnce, OracleState::Held) => "overtaken once by each thread",
        (ServiceOrder::BypassOnce, OracleState::Broken) => "OVERTAKEN TWICE by a thread",
        (_, OracleState::Held) => "FIFO",
        (_, OracleState::Broken) => "NOT FIFO",
    };
    let measured = format!(
        "{promise}: {} waits, {} overtaken; the longest {longest_ms} ms",
        order.waits, order.overtaken
    );
    let holds = kept != OracleState::Broken && longest_ms <= LONGEST_WAIT_MS;
    let verdict = match kept {
        _ if longest_ns == 0 => Verdict::NotMeasured,
        OracleState::Untested if promised => Verdict::Inconclusive,
        _ => Verdict::from(holds),
    };
    Ok(found(measured, verdict)
        .with("waits", order.waits)
        .with("overtaken", order.overtaken)
        .with("longest_wait_ns", longest_ns))
}

/// What the run shows of the promised order of service.
fn kept(report: &LockLoad) -> Option<OracleState> {
    let fifo = report.order?.fifo;
    Some(report.bypass.map_or(fifo, |bypass| bypass.once))
}

/// As many readers as writers, and the longest wait of a writer.
fn shares(session: &Session, lock: Lock) -> debugfs::Result<Case> {
    let config = Config {
        lock,
        readers_pct: 50,
        histograms: Switch::On,
        ..session.base()
    };
    // A storm may leave too few sections for both kinds.
    let both = |sharing: &Sharing| sharing.reads > 0 && sharing.writes > 1;
    let enough =
        |report: &LockLoad| is_contested(report) && report.sharing.as_ref().is_none_or(both);
    let report = session.run_until(&config, enough)?;
    let (sum, longest_ns) = (report.sum, report.write_waits().longest());
    let Some(sharing) = report.sharing else {
        return Ok(found(
            "no line `sharing` in the report",
            Verdict::NotMeasured,
        ));
    };
    let measured = format!(
        "{} shared sections, {} exclusive, {} lost; a writer waits for {} ms at most",
        sharing.reads,
        sharing.writes,
        sum.lost,
        longest_ns / 1_000_000
    );
    let verdict = match of(sum.exclusion, sum.sections) {
        Verdict::Pass if !both(&sharing) => Verdict::Inconclusive,
        other => other,
    };
    Ok(exclusion(measured, verdict, &sum)
        .with("reads", sharing.reads)
        .with("longest_write_wait_ns", longest_ns))
}

fn control(session: &Session, lock: Lock) -> debugfs::Result<Case> {
    let config = Config {
        lock,
        readers_pct: if lock.facts().admits_readers { 50 } else { 0 },
        run_ms: 200,
        ..session.base()
    };
    let broken = |report: &LockLoad| report.sum.exclusion == OracleState::Broken;
    let sum = session.run_until(&config, broken)?.sum;
    let measured = format!("{} of {} updates lost", sum.lost, sum.sections);
    let verdict = match sum.sections {
        0 => Verdict::NotMeasured,
        _ => Verdict::from(sum.exclusion == OracleState::Broken),
    };
    Ok(exclusion(measured, verdict, &sum))
}

/// What was found about exclusion.
fn exclusion(measured: String, verdict: Verdict, sum: &Sum) -> Case {
    let case = found(measured, verdict);
    case.with("sections", sum.sections).with("lost", sum.lost)
}

fn wraps(session: &Session, lock: Lock) -> debugfs::Result<Case> {
    let config = Config {
        lock,
        threads: 2,
        histograms: lock.histograms(),
        ..session.base()
    };
    // A storm needs more time for that.
    let wrapped = |report: &LockLoad| is_contested(report) && report.sum.sections > TO_THE_WRAP;
    let sum = session.run_until(&config, wrapped)?.sum;
    let past = sum.sections.saturating_sub(TO_THE_WRAP);
    let measured = format!("{past} sections after the wrap, {} updates lost", sum.lost);
    let verdict = match (of(sum.exclusion, sum.sections), past) {
        (Verdict::Pass, 0) => Verdict::Inconclusive,
        (verdict, _) => verdict,
    };
    Ok(found(measured, verdict)
        .with("sections_after_wrap", past)
        .with("lost", sum.lost))
}

fn tries(session: &Session, lock: Lock) -> debugfs::Result<Case> {
    let config = Config {
        lock,
        acquire: Acquire::Try,
        histograms: lock.histograms(),
        ..session.base()
    };
    let report = match session.run_until(&config, is_contested) {
        Err(e) if e.is_usage() => return Ok(found("EINVAL: no trylock", lock.facts().no_trylock)),
        other => other?,
    };
    let sum = report.sum;
    let measured = format!("{} sections, {} updates lost", sum.sections, sum.lost);
    Ok(exclusion(measured, of(sum.exclusion, sum.sections), &sum))
}
