// SPDX-License-Identifier: GPL-2.0

//! Tests of runs with readers: each read side shares and excludes, and one that does not is caught.

use abi::{histogram::Of, lock_load::Lock};
use anyhow::{ensure, Result};
use results::{LockLoad, Outcome};
use rustix::io::Errno;

use super::expect::{row, rows};
use crate::{
    subject::start_refused,
    suite::{group, Test},
};

pub fn tests() -> Vec<Test> {
    let shares = Lock::ALL.iter().filter(|lock| lock.facts().shares);
    let mixed = shares.flat_map(|&lock| [50, 99, 100].map(|readers_pct| (lock, readers_pct)));
    let mut tests: Vec<Test> = mixed.map(|(lock, pct)| shares_with(lock, pct)).collect();
    tests.extend(rows! { LockLoad, "lock/readers", "lock=brlock threads=max run_ms=100";
        "are_as_many_as_asked_for": "readers_pct=90", Pass, |run| {
            let part = run.sharing.map_or(0.0, |all| all.reads as f64 / run.sum.sections as f64);
            (0.85..0.95).contains(&part)
        };
        "are_not_timed_when_off": "readers_pct=50 histograms=off", Pass,
            |run| run.sharing.is_some() && run.histograms.is_empty();
        "stand_long_holds": "readers_pct=50 long_hold_ms=20 long_hold_every_ms=20", Pass, |run| run.torture.long_holds > 0;
    });
    tests.extend(group("lock/readers", &[("are_refused", refused)]));
    tests
}

/// Readers and writers are timed, and nothing is lost or torn.
fn shares_with(lock: Lock, readers_pct: u32) -> Test {
    let facts = lock.facts();
    let outcome = match facts.is_busted(readers_pct) {
        _ if facts.promises_nothing => Outcome::Skip,
        true => Outcome::Caught,
        false => Outcome::Pass,
    };
    let name = format!("lock/{lock}/shares_with_{readers_pct}_pct_readers");
    let text = format!("lock={lock} readers_pct={readers_pct} threads=max run_ms=100");
    row(name, text, outcome, |run: &LockLoad| {
        let timed = run.times(Of::ReadWait).count() > 0;
        timed
            && run
                .sharing
                .is_some_and(|all| all.reads > 0 && all.writes > 0)
    })
}

/// A lock without a read side, and what else does not go with readers.
fn refused() -> Result<()> {
    for (text, why) in [
        ("lock=ticket readers_pct=1", "ticket has no read side"),
        ("lock=brlock readers_pct=1 acquire=try", "for one lock"),
        ("lock=brlock readers_pct=1 nested=2", "for one lock"),
        ("lock=brlock readers_pct=1 irqs=off", "with interrupts on"),
        (
            "lock=brlock readers_pct=1 load=steps threads=1",
            "readers_pct",
        ),
    ] {
        let report = start_refused::<LockLoad>(text, Errno::INVAL, why)?;
        ensure!(report.contains(why), "{text}: {report}");
    }
    Ok(())
}
