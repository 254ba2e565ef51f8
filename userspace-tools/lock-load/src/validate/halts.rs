// SPDX-License-Identifier: GPL-2.0

//! Checks of forced halts on every lock that halts; control: a dropped kick is caught.

use abi::{
    lock_load::{Config, Lock},
    trial::Load,
};
use results::{Case, LockLoad, Verdict};

use super::{
    check::{found, of_trial, Check},
    session::Session,
};

/// Time limit of the halts on the first lock.
const LIMIT_MS: u32 = 600_000;
/// Time limit of a fiftieth of the halts on each other lock, and of the control.
const SHORT_MS: u32 = 30_000;

pub fn checks(session: &Session) -> Vec<Check> {
    let mut checks = Vec::new();
    let locks = session.locks(|lock| lock.facts().halts);
    for (i, lock) in locks.into_iter().enumerate() {
        let (rounds, run_ms) = match i {
            0 => (session.halts, LIMIT_MS),
            _ => ((session.halts / 50).max(100), SHORT_MS),
        };
        checks.push(Check::new(
            format!("{lock}: no wake-up is lost"),
            format!("{rounds} halts, 0 lost"),
            move |session| {
                let report = session.run(&halts(session, lock, rounds, run_ms))?;
                Ok(case(&report, verdict(&report)))
            },
        ));
    }
    checks.push(Check::new(
        "control: mcs/busted drops its kicks",
        "caught, the vCPU named and woken",
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

/// PASS if every halt ended by its kick.
fn verdict(report: &LockLoad) -> Verdict {
    report.trial.first().map_or(Verdict::NotMeasured, of_trial)
}

/// The text and the figures of a run.
fn case(report: &LockLoad, verdict: Verdict) -> Case {
    let case = found(measured(report), verdict);
    let Some(trial) = report.trial.first() else {
        return case;
    };
    let case = case
        .with("halts", trial.kicked)
        .with("lost", trial.lost)
        .with("elapsed_ns", report.sum.elapsed_ns);
    match report.lost.first() {
        None => case,
        Some(lost) => case
            .with("stuck_vcpu", lost.vcpu)
            .with("waited_us", lost.waited_us),
    }
}

fn measured(report: &LockLoad) -> String {
    let Some(trial) = report.trial.first() else {
        return "no trial in the report".into();
    };
    let seconds = report.sum.elapsed_ns as f64 / 1e9;
    let mut text = format!("{} in {seconds:.1} s, {} lost", trial.kicked, trial.lost);
    if let Some(lost) = report.lost.first() {
        text += &format!(": {}", crate::show::without_a_kick(lost));
    }
    text
}

fn control(session: &Session) -> debugfs::Result<Case> {
    // Each further thread would take a second to be woken in the end.
    let config = Config {
        threads: 2,
        ..halts(session, Lock::McsBusted, 100, SHORT_MS)
    };
    let report = session.run(&config)?;
    let caught = match verdict(&report) {
        Verdict::Fail => Verdict::from(!report.lost.is_empty()),
        Verdict::Pass => Verdict::Fail,
        other => other,
    };
    Ok(case(&report, caught))
}
