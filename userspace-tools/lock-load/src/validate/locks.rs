// SPDX-License-Identifier: GPL-2.0

//! Checks of every lock: exclusion, order, tickets that wrap, trylock; control: busted is caught.

use abi::{
    lock_load::{Acquire, Config, Lock, ServiceOrder, Sum, Switch, TICKETS_TO_WRAP},
    status::OracleState,
};
use results::{table::rate, Case, LockLoad, Report, Verdict};

use super::{
    check::{found, of, Check},
    session::Session,
};

/// Sections until tickets wrap around.
const TO_THE_WRAP: u64 = TICKETS_TO_WRAP as u64;
/// The longest run to reach that.
const LONGEST_MS: u32 = 2000;
/// The longest wait allowed; in a storm with eight vCPUs on a CPU every wait is long.
const LONGEST_WAIT_MS: u64 = 10_000;
/// Repeats of a run in which one thread alone had the lock.
const AGAIN: u32 = 4;

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

/// Runs `config` until more than one thread had the lock, a few times at most.
fn contest(session: &Session, config: &Config) -> debugfs::Result<LockLoad> {
    let mut report = session.run(config)?;
    for _ in 0..AGAIN {
        if report.sum.exclusion != OracleState::Untested {
            break;
        }
        report = session.run(config)?;
    }
    Ok(report)
}

fn excludes(session: &Session, lock: Lock) -> debugfs::Result<Case> {
    let config = Config {
        lock,
        histograms: lock.histograms(),
        ..session.base()
    };
    let report = contest(session, &config)?;
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
    let report = match contest(session, &config) {
        Err(e) if e.is_usage() => {
            return Ok(found(
                "EINVAL: sections are delegated",
                lock.facts().delegates,
            ));
        }
        other => other?,
    };
    let Some(order) = report.order else {
        return Ok(found("no line `order` in the report", Verdict::NotMeasured));
    };
    let longest = report.thread_waits.iter().map(|w| w.longest_wait_ns).max();
    let longest_ns = longest.unwrap_or(0);
    let longest_ms = longest_ns / 1_000_000;
    let kept = report.bypass.map_or(order.fifo, |bypass| bypass.once);
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
        OracleState::Untested if lock.facts().order() != ServiceOrder::Any => Verdict::Inconclusive,
        _ => Verdict::from(holds),
    };
    Ok(found(measured, verdict)
        .with("waits", order.waits)
        .with("overtaken", order.overtaken)
        .with("longest_wait_ns", longest_ns))
}

/// As many readers as writers, and the longest wait of a writer.
fn shares(session: &Session, lock: Lock) -> debugfs::Result<Case> {
    let config = Config {
        lock,
        readers_pct: 50,
        histograms: Switch::On,
        ..session.base()
    };
    let report = contest(session, &config)?;
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
        // A storm may leave too few sections for both.
        Verdict::Pass if sharing.reads == 0 || sharing.writes < 2 => Verdict::Inconclusive,
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
    let sum = session.run(&config)?.sum;
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
    let mut config = Config {
        lock,
        threads: 2,
        histograms: lock.histograms(),
        ..session.base()
    };
    let mut sum = contest(session, &config)?.sum;
    // A storm needs more time for that.
    while sum.sections <= TO_THE_WRAP && config.run_ms < LONGEST_MS {
        config.run_ms *= 2;
        sum = contest(session, &config)?.sum;
    }
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
    let report = match contest(session, &config) {
        Err(e) if e.is_usage() => return Ok(found("EINVAL: no trylock", lock.facts().no_trylock)),
        other => other?,
    };
    let sum = report.sum;
    let measured = format!("{} sections, {} updates lost", sum.sections, sum.lost);
    Ok(exclusion(measured, of(sum.exclusion, sum.sections), &sum))
}
