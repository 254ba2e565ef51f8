// SPDX-License-Identifier: GPL-2.0

//! Tests of every lock nested, by trylock and with interrupts off; or refused with the reason.

use abi::lock_load::{Acquire, Config, Irqs, Kick, Lock};
use anyhow::{ensure, Result};
use results::{LockLoad, Outcome, Report};
use rustix::io::Errno;

use crate::{
    raw::{self, refused},
    subject::{fresh, run, run_with, settings, start_refused},
    suite::Test,
};

pub fn tests() -> Vec<Test> {
    let name = "lock-load/torture/refuses_out_of_range";
    let mut tests = vec![Test::new(name, out_of_range)];
    for &lock in Lock::ALL {
        for (how, words) in [
            ("nested", "nested=5"),
            ("by_trylock", "acquire=try"),
            ("with_irqs_off", "irqs=off"),
            ("in_all_ways", "nested=8 acquire=try irqs=off"),
        ] {
            let name = format!("lock/{lock}/excludes_when_taken_{how}");
            tests.push(Test::new(name, move || excludes(lock, words)));
        }
    }
    tests
}

/// Runs `lock` so, and expects what it promises, or the reason why it cannot be taken so.
fn excludes(lock: Lock, words: &str) -> Result<()> {
    let facts = lock.facts();
    let run_ms = if facts.never_excludes { 200 } else { 40 };
    let histograms = lock.histograms();
    let text = format!("lock={lock} threads=max run_ms={run_ms} histograms={histograms} {words}");
    let config = settings::<LockLoad>(&text)?;
    if let Some(reason) = misfit(&config)? {
        let text = config.to_string();
        return start_refused::<LockLoad>(&text, Errno::INVAL, &reason).map(drop);
    }
    let report = run(&fresh::<LockLoad>()?, &config)?;
    let outcome = report.outcome();
    let expected = match outcome {
        _ if facts.promises_nothing => outcome == Outcome::Skip,
        _ if facts.never_excludes => outcome == Outcome::Caught,
        // One thread alone may have had a short run.
        _ => !outcome.failed(),
    };
    let expected = expected && report.sum.sections > 0;
    ensure!(expected, "{outcome}: {}", report.sum);
    Ok(())
}

/// Why a lock cannot be taken so on this machine, if it cannot.
fn misfit(config: &Config) -> Result<Option<String>> {
    let lock = config.lock;
    let facts = lock.facts();
    if config.acquire == Acquire::Try && facts.no_trylock {
        return Ok(Some(format!("`acquire=try`: {lock} has no trylock;")));
    }
    if config.irqs == Irqs::On {
        return Ok(None);
    }
    let why = if facts.sleeps {
        "sleep, which needs interrupts"
    } else if facts.drops_kicks {
        "are not kicked, and nothing else would end a halt"
    } else if facts.halts && kick()? == Kick::Ipi {
        "halt, and the kick here is an interrupt"
    } else {
        return Ok(None);
    };
    Ok(Some(format!("`irqs=off`: waiters of {lock} {why}")))
}

/// How halted vCPUs are kicked here.
fn kick() -> Result<Kick> {
    Ok(run_with::<LockLoad>("run_ms=1 threads=1")?.machine.kick)
}

fn out_of_range() -> Result<()> {
    let module = fresh::<LockLoad>()?;
    for (word, allowed) in [
        ("stutter_ms=1001", "0..=1000"),
        ("shuffle_ms=1001", "0..=1000"),
        ("onoff_ms=10001", "0..=10000"),
        ("long_hold_ms=101", "0..=100"),
        ("long_hold_every_ms=0", "1..=10000"),
        ("nested=0", "1..=8"),
        ("nested=9", "1..=8"),
        ("boost_ms=1001", "0..=1000"),
    ] {
        let reason = format!("`{word}`: out of range; allowed: {allowed}");
        refused(module.dir(), "config", word, Errno::RANGE, &reason)?;
    }
    for (word, allowed) in [("acquire=never", "lock try"), ("irqs=maybe", "on off")] {
        let reason = format!("`{word}`: not a value of this setting; allowed: {allowed}");
        refused(module.dir(), "config", word, Errno::INVAL, &reason)?;
    }
    // What the start would refuse may be set.
    raw::write(&module.dir().file("config"), b"irqs=off lock=mcs/busted")?;
    Ok(())
}
