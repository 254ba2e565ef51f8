// SPDX-License-Identifier: GPL-2.0

//! Forced halts on every lock that halts; and that a kick which is dropped is noticed.

use abi::{
    lock_load::{Config, Lock},
    trial::Load,
};
use results::LockLoad;

use super::{
    check::{Check, Found},
    session::Session,
};

/// How long the halts on one lock may take in the end.
const LIMIT_MS: u32 = 600_000;
/// The same for those that take a fiftieth of the halts, and for the control.
const SHORT_MS: u32 = 30_000;

/// The checks of forced halts.
pub fn checks(session: &Session) -> Vec<Check> {
    let mut checks = Vec::new();
    for (i, lock) in session
        .locks(|lock| lock.facts().halts)
        .into_iter()
        .enumerate()
    {
        let (rounds, run_ms) = match i {
            0 => (session.halts, LIMIT_MS),
            _ => ((session.halts / 50).max(100), SHORT_MS),
        };
        checks.push(Check::new(
            format!("{lock}: no wake-up is lost"),
            format!("{rounds} halts, 0 lost"),
            move |session| {
                let report = session.run(&halts(session, lock, rounds, run_ms))?;
                Ok(Found::new(measured(&report), held(&report)))
            },
        ));
    }
    checks.push(Check::new(
        "control: mcs/busted drops its kicks",
        "noticed, the vCPU named and rescued",
        control,
    ));
    checks
}

fn halts(session: &Session, lock: Lock, rounds: u64, run_ms: u32) -> Config {
    Config {
        lock,
        load: Load::Halts,
        rounds,
        run_ms,
        ..session.base()
    }
}

fn held(report: &LockLoad) -> bool {
    let done = |trial: &abi::trial::Trial| trial.lost == 0 && trial.rounds >= trial.wanted;
    report.trial.first().is_some_and(done)
}

fn measured(report: &LockLoad) -> String {
    let Some(trial) = report.trial.first() else {
        return "no trial in the report".into();
    };
    let seconds = report.sum.elapsed_ns as f64 / 1e9;
    let mut text = format!("{} in {seconds:.1} s, {} lost", trial.kicked, trial.lost);
    if let Some(lost) = report.lost.first() {
        text += &format!(
            ": vcpu {} halted on {}, which was {} for {} ms; lock {}",
            lost.vcpu,
            lost.halted_on,
            lost.found,
            lost.waited_us / 1000,
            lost.lock
        );
    }
    text
}

fn control(session: &Session) -> debugfs::Result<Found> {
    // Each thread more would be one more to be rescued in the end, at a second each.
    let config = Config {
        threads: 2,
        ..halts(session, Lock::McsBusted, 100, SHORT_MS)
    };
    let report = session.run(&config)?;
    let named = !report.lost.is_empty();
    Ok(Found::new(measured(&report), !held(&report) && named))
}
