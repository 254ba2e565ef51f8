// SPDX-License-Identifier: GPL-2.0

//! Checks of kick and halt in isolation, by each way to kick.

use abi::{
    lock_load::{Config, KickBy},
    trial::Load,
};
use results::{Case, Verdict};

use super::{
    check::{found, of_trial, Check},
    session::Session,
};

/// Time limit of a trial, which ends with its rounds: in a nested guest on a busy host 171 took 20 s.
const LIMIT_MS: u32 = 240_000;

pub fn checks(session: &Session) -> Vec<Check> {
    let ways = [KickBy::Hypercall, KickBy::PvOps, KickBy::Ipi];
    let trials = [
        Load::KickBeforeHalt,
        Load::HaltBeforeKick,
        Load::KickRunning,
        Load::KickStorm,
    ];
    let mut checks = Vec::new();
    for kick in ways {
        checks.push(Check::new(
            format!("kick={kick}: offered, or refused"),
            "as the mode and the hypervisor have it; else ENODEV",
            move |session| is_offered(session, kick),
        ));
        for load in trials {
            checks.push(Check::new(
                format!("kick={kick}: {}", load.name().replace('_', " ")),
                format!("all {} rounds, none lost", session.rounds),
                move |session| trial(session, kick, load),
            ));
        }
    }
    checks
}

/// In mode pv the kernel's own lock kicks, under KVM by hypercall, so that must be offered.
fn is_offered(session: &Session, kick: KickBy) -> debugfs::Result<Case> {
    let machine = session.run(&session.base())?.machine;
    let must = machine.must_offer(kick);
    Ok(match session.offers(kick)? {
        None => found("offered", true),
        Some(why) => found(format!("ENODEV: {why}"), !must && why.contains(kick.name())),
    })
}

fn trial(session: &Session, kick: KickBy, load: Load) -> debugfs::Result<Case> {
    if session.offers(kick)?.is_some() {
        return Ok(found("not offered by this machine", Verdict::Skip));
    }
    let config = Config {
        kick,
        load,
        rounds: session.rounds,
        run_ms: LIMIT_MS,
        ..session.base()
    };
    let report = session.run(&config)?;
    let Some(trial) = report.trial.first() else {
        return Ok(found("no trial in the report", Verdict::NotMeasured));
    };
    let mut measured = format!("{} rounds, {} lost", trial.rounds, trial.lost);
    if trial.wake_max_ns > 0 {
        let us = |ns: u64| ns as f64 / 1e3;
        measured += &format!(
            "; woken after {:.0} us, {:.0} at most",
            us(trial.wake_mean_ns),
            us(trial.wake_max_ns)
        );
    }
    let case = found(measured, of_trial(trial))
        .with("rounds", trial.rounds)
        .with("lost", trial.lost);
    Ok(match trial.wake_max_ns {
        0 => case,
        longest => case
            .with("wake_mean_ns", trial.wake_mean_ns)
            .with("wake_max_ns", longest),
    })
}
