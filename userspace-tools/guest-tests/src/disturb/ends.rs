// SPDX-License-Identifier: GPL-2.0

//! A disturbance ends with the run, whoever ends it, and every vCPU is back then.

use std::{
    process::{Command, Stdio},
    thread::sleep,
    time::Duration,
};

use abi::{
    lock_load::{Config, Lock},
    status::State,
};
use anyhow::{ensure, Context, Result};
use results::{vcpus, LockLoad, Report};
use rustix::process::{kill_process, Pid, Signal};

use super::{all_online, long, storm};
use crate::{
    kernel_module::{be_inserted, insert, remove},
    subject::{fresh, halt, settle},
    suite::Test,
    threads,
};

pub fn tests() -> Vec<Test> {
    let config = long(60_000);
    let mut tests = vec![
        Test::new("lock-load/disturb/an_interrupt_ends_it", interrupted),
        Test::new("lock-load/disturb/stop_ends_it_soon", stopped),
    ];
    for (name, config) in [
        (
            "stutter",
            Config {
                stutter_ms: 1000,
                ..config
            },
        ),
        (
            "shuffle",
            Config {
                shuffle_ms: 1,
                ..config
            },
        ),
        (
            "onoff",
            Config {
                onoff_ms: 1,
                ..config
            },
        ),
        (
            "a_long_hold",
            Config {
                long_hold_ms: 100,
                long_hold_every_ms: 1,
                ..config
            },
        ),
        (
            "a_boost",
            Config {
                boost_ms: 2,
                ..config
            },
        ),
        ("all_of_it", storm(Lock::McsSpinThenHalt)),
    ] {
        let name = format!("lock-load/disturb/rmmod_in_the_middle_of_{name}");
        tests.push(Test::new(name, move || {
            be_inserted(LockLoad::MODULE)?;
            let outcome = removed(&config);
            be_inserted(LockLoad::MODULE)?;
            outcome
        }));
    }
    tests
}

/// Removes the module at several moments of a run.
fn removed(config: &Config) -> Result<()> {
    let all = vcpus();
    for ms in [0, 30, 150] {
        fresh::<LockLoad>()?.start(config)?;
        sleep(Duration::from_millis(ms));
        remove(LockLoad::MODULE)?;
        threads::none_left(LockLoad::MODULE)?;
        all_online(all)?;
        insert(LockLoad::MODULE)?;
    }
    Ok(())
}

/// Waits until a vCPU is offline.
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
    let number = module.start(&storm(Lock::Ticket))?;
    let seen = one_offline(all);
    halt(&module)?;
    seen?;
    all_online(all)?;
    let report = module.result(number)?;
    ensure!(!report.outcome().failed(), "{}", report.outcome());
    Ok(())
}

fn interrupted() -> Result<()> {
    let all = vcpus();
    let module = fresh::<LockLoad>()?;
    let child = Command::new(LockLoad::MODULE)
        .args([
            "run",
            "--threads",
            "2",
            "--run-ms",
            "60000",
            "--onoff-ms",
            "100",
        ])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .context(LockLoad::MODULE)?;
    while module.dir().status()?.state != State::Running {
        sleep(Duration::from_millis(5));
    }
    let seen = one_offline(all);
    let pid = Pid::from_raw(child.id() as i32).context("a process has an id")?;
    kill_process(pid, Signal::INT)?;
    let status = child.wait_with_output()?.status;
    settle(&module)?;
    seen?;
    ensure!(status.code() == Some(130), "{status}");
    all_online(all)
}
