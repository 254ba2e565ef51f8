// SPDX-License-Identifier: GPL-2.0

//! Tests that torture ends with the run, however that ends, and leaves every vCPU online.

use std::{thread::sleep, time::Duration};

use abi::status::State;
use anyhow::{ensure, Result};
use results::{vcpus, LockLoad, Report};
use rustix::process::Signal;

use super::seen::{all_online, ALL, STORM};
use crate::{
    kernel_module::{insert, remove},
    removal::inserted_after,
    subject::{fresh, halt, settings, settle},
    suite::{group, Test},
    threads,
    tools::command::{kill, spawn},
};

pub fn tests() -> Vec<Test> {
    let ends = [
        ("ends_on_a_signal", interrupted as fn() -> _),
        ("ends_soon_after_stop", stopped),
    ];
    let mut tests = group("lock-load/torture", &ends);
    for (name, text) in [
        ("stutter", "stutter_ms=1000"),
        ("shuffle", "shuffle_ms=1"),
        ("onoff", "onoff_ms=1"),
        ("a_long_hold", "long_hold_ms=100 long_hold_every_ms=1"),
        ("a_boost", "boost_ms=2"),
        ("all_options", STORM),
    ] {
        let name = format!("lock-load/torture/rmmod_during_{name}");
        let text = format!("{ALL} run_ms=60000 {text}");
        tests.push(Test::new(name, move || {
            inserted_after(LockLoad::MODULE, || removed(&text))
        }));
    }
    tests
}

/// Removes the module at several moments of a run.
fn removed(text: &str) -> Result<()> {
    let all = vcpus();
    for ms in [0, 30, 150] {
        fresh::<LockLoad>()?.start(&settings::<LockLoad>(text)?)?;
        sleep(Duration::from_millis(ms));
        remove(LockLoad::MODULE)?;
        threads::none_left(LockLoad::MODULE)?;
        all_online(all)?;
        insert(LockLoad::MODULE)?;
    }
    Ok(())
}

fn one_offline(all: u32) -> Result<()> {
    for _ in 0..2000 {
        if vcpus() < all {
            return Ok(());
        }
        sleep(Duration::from_millis(5));
    }
    anyhow::bail!("no vCPU goes offline")
}

fn stopped() -> Result<()> {
    let all = vcpus();
    let module = fresh::<LockLoad>()?;
    let storm = settings::<LockLoad>(&format!("{STORM} lock=ticket run_ms=60000"))?;
    let number = module.start(&storm)?;
    let seen = one_offline(all);
    halt(&module)?;
    seen?;
    all_online(all)?;
    let outcome = module.result(number)?.outcome();
    ensure!(!outcome.failed(), "{outcome}");
    Ok(())
}

fn interrupted() -> Result<()> {
    let all = vcpus();
    let module = fresh::<LockLoad>()?;
    let words = "run --threads 2 --run-ms 60000 --onoff-ms 100".split(' ');
    let child = spawn(LockLoad::MODULE, &words.map(Into::into).collect::<Vec<_>>())?;
    while module.dir().status()?.state != State::Running {
        sleep(Duration::from_millis(5));
    }
    let seen = one_offline(all);
    kill(&child, Signal::INT)?;
    let status = child.wait_with_output()?.status;
    settle(&module)?;
    seen?;
    ensure!(status.code() == Some(130), "{status}");
    all_online(all)
}
