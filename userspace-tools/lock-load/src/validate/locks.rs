// SPDX-License-Identifier: GPL-2.0

//! Every lock excludes, in all that can be asked of it; and one that does not is caught.

use abi::lock_load::{Acquire, Config, Lock, Switch, TICKETS_TO_WRAP};
use abi::status::OracleState;
use results::{table::rate, LockLoad, Report};

use super::{
    check::{Check, Found},
    session::Session,
};

/// Sections from the start to where tickets wrap around.
const TO_THE_WRAP: u64 = TICKETS_TO_WRAP as u64;
/// The longest run to get beyond it.
const LONGEST_MS: u32 = 2000;
/// The longest that a wait may be: with eight vCPUs to a CPU a storm lets everyone wait for long.
const LONGEST_WAIT_MS: u64 = 10_000;
/// How often a run is repeated that one thread had to itself.
const AGAIN: u32 = 4;

/// The checks of every lock.
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
            format!("nobody overtaken if it promises that; {LONGEST_WAIT_MS} ms"),
            move |session| waits(session, lock),
        ));
    }
    checks.push(Check::new(
        "control: busted does not exclude",
        "caught",
        control,
    ));
    for lock in session.locks(|lock| lock.facts().tickets) {
        checks.push(Check::new(
            format!("{lock}: tickets wrap around"),
            "excludes, before the wrap and after it",
            move |session| wraps(session, lock),
        ));
    }
    for lock in session.locks(|lock| !lock.facts().promises_nothing) {
        checks.push(Check::new(
            format!("{lock}: trylock"),
            "excludes, or EINVAL: it has none",
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

fn excludes(session: &Session, lock: Lock) -> debugfs::Result<Found> {
    let report = contest(
        session,
        &Config {
            lock,
            ..session.base()
        },
    )?;
    let sum = report.sum;
    let measured = format!(
        "{} sections ({}/s), {} lost; a thread {} to {}",
        sum.sections,
        rate(report.rate()),
        sum.lost,
        sum.min,
        sum.max
    );
    Ok(Found::new(
        measured,
        sum.exclusion == OracleState::Held && sum.min > 0,
    ))
}

/// What the instruments saw of waiting: in which order, and for how long.
fn waits(session: &Session, lock: Lock) -> debugfs::Result<Found> {
    let config = Config {
        lock,
        histograms: Switch::On,
        ..session.base()
    };
    let report = contest(session, &config)?;
    let Some(order) = report.order else {
        return Ok(Found::new("no line `order` in the report", false));
    };
    let longest = report.watched.iter().map(|w| w.longest_wait_ns).max();
    let longest_ms = longest.unwrap_or(0) / 1_000_000;
    let promise = match order.fifo {
        OracleState::Untested => "promises no order",
        OracleState::Held => "in order",
        OracleState::Broken => "NOT IN ORDER",
    };
    let measured = format!(
        "{promise}: {} waits, {} overtaken; the longest {longest_ms} ms",
        order.waits, order.overtaken
    );
    let holds = order.fifo != OracleState::Broken && longest_ms <= LONGEST_WAIT_MS;
    Ok(Found::new(measured, holds))
}

fn control(session: &Session) -> debugfs::Result<Found> {
    let config = Config {
        lock: Lock::Busted,
        run_ms: 200,
        ..session.base()
    };
    let sum = session.run(&config)?.sum;
    let measured = format!("{} of {} updates lost", sum.lost, sum.sections);
    Ok(Found::new(measured, sum.exclusion == OracleState::Broken))
}

fn wraps(session: &Session, lock: Lock) -> debugfs::Result<Found> {
    let mut config = Config {
        lock,
        threads: 2,
        ..session.base()
    };
    let mut sum = contest(session, &config)?.sum;
    // In a storm that takes its time.
    while sum.sections <= TO_THE_WRAP && config.run_ms < LONGEST_MS {
        config.run_ms *= 2;
        sum = contest(session, &config)?.sum;
    }
    let past = sum.sections.saturating_sub(TO_THE_WRAP);
    let measured = format!("{past} sections beyond it, {} updates lost", sum.lost);
    Ok(Found::new(
        measured,
        past > 0 && sum.exclusion == OracleState::Held,
    ))
}

fn tries(session: &Session, lock: Lock) -> debugfs::Result<Found> {
    let config = Config {
        lock,
        acquire: Acquire::Try,
        ..session.base()
    };
    let report = match contest(session, &config) {
        Err(e) if e.is_usage() => return Ok(Found::new("EINVAL: it has none", true)),
        other => other?,
    };
    let sum = report.sum;
    let measured = format!("{} sections, {} updates lost", sum.sections, sum.lost);
    Ok(Found::new(measured, sum.exclusion == OracleState::Held))
}
