// SPDX-License-Identifier: GPL-2.0

//! Every lock taken the hard way, or refused with the reason.

use abi::lock_load::{Acquire, Config, Facts, Irqs, Kick, Lock};
use anyhow::{ensure, Result};
use results::{vcpus, LockLoad, Outcome, Report, Settings};
use rustix::io::Errno;

use crate::{
    raw::{self, refused},
    subject::{fresh, run},
    suite::Test,
};

pub fn tests() -> Vec<Test> {
    let mut tests = vec![Test::new(
        "lock-load/disturb/refuses_what_is_out_of_range",
        out_of_range,
    )];
    for &lock in Lock::ALL {
        for (how, word) in [
            ("nested", "nested=5"),
            ("tried", "acquire=try"),
            ("with_irqs_off", "irqs=off"),
            ("all_three_ways", "nested=8 acquire=try irqs=off"),
        ] {
            let name = format!("lock/{lock}/stands_being_taken_{how}");
            tests.push(Test::new(name, move || stands(lock, word)));
        }
    }
    tests
}

/// Runs `lock` so, and expects what it promises, or the reason why it cannot be taken so.
fn stands(lock: Lock, words: &str) -> Result<()> {
    let mut config = Config {
        lock,
        threads: vcpus(),
        run_ms: if lock.facts().never_excludes { 200 } else { 40 },
        ..Config::default()
    };
    ensure!(config.take(words, vcpus()).is_ok(), "{words}");
    let module = fresh::<LockLoad>()?;
    if let Some(reason) = misfit(&config)? {
        module.dir().set(&config.to_string())?;
        return refused(module.dir(), "run", b"start", Errno::INVAL, &reason);
    }
    let report = run(&module, &config)?;
    let outcome = report.outcome();
    match lock.facts() {
        Facts {
            promises_nothing: true,
            ..
        } => ensure!(outcome == Outcome::Skip, "{outcome}"),
        Facts {
            never_excludes: true,
            ..
        } => ensure!(outcome == Outcome::Caught, "{outcome}"),
        // One thread may have had a short run to itself.
        _ => ensure!(!outcome.failed(), "{outcome}: {}", report.sum),
    }
    ensure!(report.sum.sections > 0, "{}", report.sum);
    Ok(())
}

/// Why a lock cannot be taken so on this machine; nothing if it can.
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

/// What kicks halted vCPUs here.
fn kick() -> Result<Kick> {
    let quick = Config {
        run_ms: 1,
        threads: 1,
        ..Config::default()
    };
    Ok(run(&fresh::<LockLoad>()?, &quick)?.machine.kick)
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
        refused(
            module.dir(),
            "config",
            word.as_bytes(),
            Errno::RANGE,
            &reason,
        )?;
    }
    for (word, allowed) in [("acquire=never", "lock try"), ("irqs=maybe", "on off")] {
        let reason = format!("`{word}`: not a value of this setting; allowed: {allowed}");
        refused(
            module.dir(),
            "config",
            word.as_bytes(),
            Errno::INVAL,
            &reason,
        )?;
    }
    // What would be refused at the start may be set meanwhile.
    raw::write(&module.dir().file("config"), b"irqs=off lock=mcs/busted")?;
    Ok(())
}
