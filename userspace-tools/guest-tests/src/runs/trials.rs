// SPDX-License-Identifier: GPL-2.0

//! Trials of halt and kick: none loses a wake-up, one that must is caught, and what cannot be tried
//! is refused in words.

use abi::{
    lock_load::{Config, KickBy, Lock, Mode, ModeWanted},
    status::OracleState,
    trial::{Load, Trial},
};
use anyhow::{ensure, Context, Result};
use results::{vcpus, LockLoad, Outcome, Report};

use crate::{
    subject::{fresh, run},
    suite::Test,
};

/// The tests of trials.
pub fn tests() -> Vec<Test> {
    let mut tests = Vec::new();
    for &load in Load::ALL {
        if !matches!(load, Load::Contest | Load::Halts) {
            tests.push(Test::new(
                format!("trial/{load}_loses_no_wakeup"),
                move || loses_none(load),
            ));
        }
    }
    for &lock in Lock::ALL {
        if lock.facts().halts && !lock.facts().drops_kicks {
            tests.push(Test::new(
                format!("trial/halts_on_{lock}_lose_no_wakeup"),
                move || halts(lock),
            ));
        }
    }
    tests.extend([
        Test::new("trial/a_dropped_kick_is_caught_and_names_the_vcpu", dropped),
        Test::new("trial/ends_in_time_with_rounds_to_spare", cut_short),
        Test::new("trial/what_cannot_be_tried_is_refused", refused),
        Test::new("mode/every_mode_but_the_active_one_is_refused", modes),
        Test::new("kick/a_way_that_is_not_there_is_refused", kicks),
    ]);
    tests
}

fn trial(config: &Config) -> Result<(LockLoad, Trial)> {
    let report = run(&fresh::<LockLoad>()?, config)?;
    let trial = *report.trial.first().context("no line `trial`")?;
    Ok((report, trial))
}

fn loses_none(load: Load) -> Result<()> {
    // An odd number of threads leaves one without a partner, which must not hold up the others.
    for threads in [2, vcpus() - (vcpus() + 1) % 2] {
        let config = Config {
            load,
            threads: threads.max(2),
            rounds: 300,
            run_ms: 20_000,
            ..Config::default()
        };
        let (report, trial) = trial(&config)?;
        ensure!(report.outcome() == Outcome::Pass, "{trial}");
        ensure!(trial.rounds == 300 && trial.lost == 0, "{trial}");
        let kicks: u64 = report.threads.iter().map(|t| t.kicks).sum();
        ensure!(kicks >= 300, "{kicks} kicks: {trial}");
    }
    Ok(())
}

fn halts(lock: Lock) -> Result<()> {
    for threads in [2, vcpus()] {
        let config = Config {
            load: Load::Halts,
            lock,
            threads,
            rounds: 500,
            run_ms: 20_000,
            ..Config::default()
        };
        let (report, trial) = trial(&config)?;
        ensure!(report.outcome() == Outcome::Pass, "{trial}");
        ensure!(trial.kicked >= 500 && report.lost.is_empty(), "{trial}");
    }
    Ok(())
}

fn dropped() -> Result<()> {
    let config = Config {
        load: Load::Halts,
        lock: Lock::McsBusted,
        rounds: 500,
        run_ms: 20_000,
        ..Config::default()
    };
    let (report, trial) = trial(&config)?;
    ensure!(report.outcome() == Outcome::Caught, "{trial}");
    ensure!(
        trial.verdict == OracleState::Broken && trial.lost > 0,
        "{trial}"
    );
    let lost = report.lost.first().context("no line `lost`")?;
    ensure!(report.threads.iter().any(|t| t.vcpu == lost.vcpu), "{lost}");
    ensure!(lost.found != lost.halted_on, "{lost}");
    ensure!(lost.waited_us >= 1_000_000, "{lost}");
    ensure!(lost.lock.to_string() != "-", "the lock's words: {lost}");
    Ok(())
}

fn cut_short() -> Result<()> {
    for load in [
        Load::Halts,
        Load::HaltBeforeKick,
        Load::KickBeforeHalt,
        Load::KickStorm,
    ] {
        let config = Config {
            load,
            lock: Lock::McsHalt,
            rounds: 100_000_000,
            run_ms: 50,
            ..Config::default()
        };
        let (report, trial) = trial(&config)?;
        ensure!(report.outcome() == Outcome::CutShort, "{load}: {trial}");
        ensure!(trial.rounds < trial.wanted && trial.lost == 0, "{trial}");
    }
    Ok(())
}

fn refused() -> Result<()> {
    for (settings, errno, why) in [
        (
            "load=halts lock=ticket",
            "EINVAL",
            "`load=halts`: waiters of ticket do not halt. Try: lock=mcs/halt",
        ),
        (
            "load=halts lock=kernel/raw_spin",
            "EINVAL",
            "`load=halts`: waiters of kernel/raw_spin do not halt. Try: lock=mcs/halt",
        ),
        (
            "load=kick_storm threads=1",
            "ERANGE",
            "`load=kick_storm threads=1`: one thread halts, another kicks; allowed: 2..",
        ),
        (
            "load=halts lock=mcs/halt stutter_ms=10",
            "EINVAL",
            "`load=halts`: a trial takes no torture options;",
        ),
    ] {
        not_started(settings, errno, why)?;
    }
    Ok(())
}

fn modes() -> Result<()> {
    let machine = run(&fresh::<LockLoad>()?, &Config::default())?.machine;
    let (here, lock) = (machine.mode, machine.kernel_lock);
    ensure!(here != Mode::Unknown, "{machine}");
    for mode in ModeWanted::ALL.iter().filter(|mode| !mode.admits(here)) {
        let why =
            format!("`mode={mode}`: this guest is in mode {here}, kernel/raw_spin being {lock}");
        not_started(&format!("mode={mode}"), "ENODEV", &why)?;
    }
    let config = Config {
        mode: here.name().parse().context("its own mode")?,
        ..Config::default()
    };
    run(&fresh::<LockLoad>()?, &config)?;
    Ok(())
}

/// Where the kernel's own lock is paravirt, all are there; else KVM's two may be missing.
fn kicks() -> Result<()> {
    let module = fresh::<LockLoad>()?;
    let pv = run(&module, &Config::default())?.machine.mode == Mode::Pv;
    for (kick, why) in [
        (KickBy::Ipi, None),
        (
            KickBy::Hypercall,
            Some("CPUID offers no KVM with PV_UNHALT"),
        ),
        (KickBy::PvOps, Some("the kernel runs no paravirt spinlocks")),
    ] {
        let config = Config {
            kick,
            lock: Lock::McsHalt,
            run_ms: 20,
            ..Config::default()
        };
        match (module.run(&config, &debugfs::Interrupt::default()), why) {
            (Ok(report), _) => {
                ensure!(
                    report.machine.kick.name() == kick.name(),
                    "{}",
                    report.machine
                );
            }
            (Err(_), Some(why)) if !pv => {
                not_started(
                    &config.to_string(),
                    "ENODEV",
                    &format!("`kick={kick}`: {why}"),
                )?;
            }
            (Err(e), _) => return Err(e.into()),
        }
    }
    Ok(())
}

/// Fails unless a start with `settings` is refused so.
fn not_started(settings: &str, errno: &str, why: &str) -> Result<()> {
    let module = fresh::<LockLoad>()?;
    let dir = module.dir();
    dir.set(settings)?;
    let started = dir.start();
    let said = dir.refusal()?;
    ensure!(started.is_err(), "{settings}: started");
    let wanted = format!("{errno} run: {why}");
    ensure!(
        said.starts_with(&wanted),
        "{settings}: {said:?}, not {wanted:?}"
    );
    ensure!(dir.status()?.runs == 0, "{settings}: counted as a run");
    Ok(())
}
