// SPDX-License-Identifier: GPL-2.0

//! Tests of the trials of halt and kick: no wake-up is lost, the busted lock is caught, and an
//! impossible trial is refused.

use abi::{
    lock_load::{KickBy, Lock, Mode, ModeWanted},
    status::OracleState,
    trial::{Load, Trial},
};
use anyhow::{ensure, Context, Result};
use results::{vcpus, LockLoad, Outcome, Report};
use rustix::io::Errno;

use crate::{
    subject::{run_with, start_refused},
    suite::{group, Test},
};

pub fn tests() -> Vec<Test> {
    let mut tests = group(
        "trial",
        &[
            ("a_dropped_kick_is_caught_with_its_vcpu", dropped),
            ("ends_at_its_time_limit", cut_short),
            ("is_refused_where_it_is_impossible", impossible),
            ("deadlocks_are_reported_and_resolved", deadlocks),
            ("locks_in_order_are_no_deadlock", no_deadlock),
        ],
    );
    tests.extend([
        Test::new("mode/refuses_every_other_mode", modes),
        Test::new("kick/refuses_what_is_not_offered", kicks_offered),
    ]);
    let kicks = Load::ALL
        .iter()
        .filter(|load| load.is_trial() && **load != Load::Halts);
    tests.extend(kicks.map(|&load| {
        let name = format!("trial/{load}_loses_no_wakeup");
        Test::new(name, move || loses_none(load))
    }));
    let is_halting = |lock: &&Lock| lock.facts().halts && !lock.facts().drops_kicks;
    tests.extend(Lock::ALL.iter().filter(is_halting).map(|&lock| {
        let name = format!("trial/halts_on_{lock}_lose_no_wakeup");
        Test::new(name, move || halts(lock))
    }));
    tests
}

fn trial(text: &str) -> Result<(LockLoad, Trial)> {
    let report: LockLoad = run_with(text)?;
    let trial = *report.trial.first().context("no line `trial`")?;
    Ok((report, trial))
}

fn loses_none(load: Load) -> Result<()> {
    // With an odd number of threads, one has no partner and must not delay the others.
    for threads in [2, (vcpus() - (vcpus() + 1) % 2).max(2)] {
        let text = format!("load={load} threads={threads} rounds=300 run_ms=20000");
        let (report, trial) = trial(&text)?;
        ensure!(report.outcome() == Outcome::Pass, "{trial}");
        ensure!(trial.rounds == 300 && trial.lost == 0, "{trial}");
        let kicks: u64 = report.threads.iter().map(|t| t.kicks).sum();
        ensure!(kicks >= 300, "{kicks} kicks: {trial}");
    }
    Ok(())
}

fn halts(lock: Lock) -> Result<()> {
    for threads in [2, vcpus()] {
        let text = format!("load=halts lock={lock} threads={threads} rounds=500 run_ms=20000");
        let (report, trial) = trial(&text)?;
        ensure!(report.outcome() == Outcome::Pass, "{trial}");
        ensure!(trial.kicked >= 500 && report.lost.is_empty(), "{trial}");
    }
    Ok(())
}

fn count(report: &LockLoad, event: &str) -> u64 {
    let mut events = report.events.iter();
    events.find(|e| e.name == event).map_or(0, |e| e.count)
}

/// Two threads hold a lock each, acquire it again, and then the other's.
fn deadlocks() -> Result<()> {
    for lock in [Lock::Resilient, Lock::ResilientUnconfirmed] {
        let text = format!("load=deadlocks lock={lock} threads=2 rounds=200 run_ms=20000");
        let (report, trial) = trial(&text)?;
        ensure!(report.outcome() == Outcome::Pass, "{trial}");
        let [aa, abba, timeouts] =
            ["deadlock_aa", "deadlock_abba", "timeouts"].map(|event| count(&report, event));
        let counts = format!("AA {aa}, ABBA {abba}, timeouts {timeouts}: {trial}");
        ensure!(abba >= 200 && aa >= 200, "{counts}");
        // A vCPU may be off its CPU for a quarter of a second, but rarely.
        ensure!(timeouts <= 2, "{counts}");
    }
    Ok(())
}

/// Locks that are acquired in one order make no deadlock, so each report would be false.
fn no_deadlock() -> Result<()> {
    let text = "lock=resilient threads=max nested=4 run_ms=1000 hold_ns=0 idle_ns=0";
    let report: LockLoad = run_with(text)?;
    ensure!(report.outcome() == Outcome::Pass, "{}", report.sum);
    for event in ["deadlock_aa", "deadlock_abba"] {
        ensure!(
            count(&report, event) == 0,
            "{event}: {}",
            count(&report, event)
        );
    }
    Ok(())
}

fn dropped() -> Result<()> {
    let (report, trial) = trial("load=halts lock=mcs/busted rounds=500 run_ms=20000")?;
    ensure!(report.outcome() == Outcome::Caught, "{trial}");
    let broken = trial.verdict == OracleState::Broken && trial.lost > 0;
    ensure!(broken, "{trial}");
    let lost = report.lost.first().context("no line `lost`")?;
    ensure!(report.threads.iter().any(|t| t.vcpu == lost.vcpu), "{lost}");
    ensure!(lost.found != lost.halted_on, "{lost}");
    ensure!(lost.waited_us >= 1_000_000, "{lost}");
    ensure!(lost.lock.to_string() != "-", "no words of the lock: {lost}");
    Ok(())
}

fn cut_short() -> Result<()> {
    for load in [
        Load::Halts,
        Load::HaltBeforeKick,
        Load::KickBeforeHalt,
        Load::KickStorm,
    ] {
        let text = format!("load={load} lock=mcs/halt rounds=100000000 run_ms=50");
        let (report, trial) = trial(&text)?;
        ensure!(report.outcome() == Outcome::CutShort, "{load}: {trial}");
        ensure!(trial.rounds < trial.wanted && trial.lost == 0, "{trial}");
    }
    Ok(())
}

fn impossible() -> Result<()> {
    let endless = "`load=deadlocks`: a deadlock on ticket does not end. Try: lock=resilient";
    not_started("load=deadlocks lock=ticket", Errno::INVAL, endless)?;
    for lock in ["ticket", "kernel/raw_spin"] {
        let why = format!("`load=halts`: waiters of {lock} do not halt. Try: lock=mcs/halt");
        not_started(&format!("load=halts lock={lock}"), Errno::INVAL, &why)?;
    }
    let alone = "`load=kick_storm threads=1`: one thread halts, another kicks; allowed: 2..";
    not_started("load=kick_storm threads=1", Errno::RANGE, alone)?;
    let torture = "`load=halts`: a trial takes no torture options;";
    let tortured = "load=halts lock=mcs/halt stutter_ms=10";
    not_started(tortured, Errno::INVAL, torture)
}

fn modes() -> Result<()> {
    let machine = run_with::<LockLoad>("")?.machine;
    let (here, lock) = (machine.mode, machine.kernel_lock);
    ensure!(here != Mode::Unknown, "{machine}");
    for mode in ModeWanted::ALL.iter().filter(|mode| !mode.admits(here)) {
        let why =
            format!("`mode={mode}`: this guest is in mode {here}, kernel/raw_spin being {lock}");
        not_started(&format!("mode={mode}"), Errno::NODEV, &why)?;
    }
    run_with::<LockLoad>(&format!("mode={here}")).map(drop)
}

/// Where the kernel's own lock is paravirt, its way is offered, and under KVM every way.
fn kicks_offered() -> Result<()> {
    let here = run_with::<LockLoad>("")?.machine;
    for (kick, why) in [
        (KickBy::Ipi, ""),
        (KickBy::Hypercall, "CPUID offers no KVM with PV_UNHALT"),
        (KickBy::PvOps, "the kernel runs no paravirt spinlocks"),
    ] {
        let text = format!("kick={kick} lock=mcs/halt run_ms=20");
        match run_with::<LockLoad>(&text) {
            Ok(LockLoad { machine, .. }) => {
                ensure!(machine.kick.name() == kick.name(), "{machine}");
            }
            Err(_) if !here.must_offer(kick) => {
                not_started(&text, Errno::NODEV, &format!("`kick={kick}`: {why}"))?;
            }
            Err(e) => return Err(e),
        }
    }
    Ok(())
}

fn not_started(text: &str, errno: Errno, why: &str) -> Result<()> {
    start_refused::<LockLoad>(text, errno, &format!(" run: {why}")).map(drop)
}
