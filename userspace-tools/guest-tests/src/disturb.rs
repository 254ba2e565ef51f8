// SPDX-License-Identifier: GPL-2.0

//! What makes a run of `lock-load` hard: that each does what it says, that no lock fails under
//! it, and that it ends with the run, however that ends.

mod effects;
mod ends;
mod rough;

use std::fs;

use abi::lock_load::{Config, Lock};
use anyhow::{ensure, Context, Result};
use debugfs::Module;
use results::{vcpus, LockLoad, Report};

use crate::{
    subject::{fresh, halt},
    suite::Test,
};

/// The tests of disturbances.
pub fn tests() -> Vec<Test> {
    let groups = [effects::tests(), rough::tests(), ends::tests()];
    groups.into_iter().flatten().collect()
}

/// A run on all vCPUs that takes a while.
fn long(run_ms: u32) -> Config {
    Config {
        lock: Lock::Ttas,
        threads: vcpus(),
        run_ms,
        ..Config::default()
    }
}

/// Everything at once, for a minute.
fn storm(lock: Lock) -> Config {
    Config {
        lock,
        stutter_ms: 30,
        shuffle_ms: 10,
        onoff_ms: 40,
        long_hold_ms: 10,
        long_hold_every_ms: 50,
        nested: 4,
        boost_ms: 20,
        ..long(60_000)
    }
}

/// Starts `config`, and stops it once `seen` has been, which it must be within the run.
fn until(config: &Config, what: &str, mut seen: impl FnMut() -> Result<bool>) -> Result<LockLoad> {
    let module = fresh::<LockLoad>()?;
    let number = module.start(config)?;
    let outcome = loop {
        match seen() {
            Ok(false) if running(&module)? => {}
            Ok(seen) => break Ok(seen),
            Err(e) => break Err(e),
        }
    };
    halt(&module)?;
    ensure!(
        outcome?,
        "not seen in the whole run: {what}: {}",
        module.dir().report()?
    );
    let report = module.result(number)?;
    let broken = Report::outcome(&report).failed();
    ensure!(!broken, "{}", module.dir().report()?);
    Ok(report)
}

fn running(module: &Module<LockLoad>) -> Result<bool> {
    Ok(module.dir().status()?.state == abi::status::State::Running)
}

/// Numbers of `/proc/PID/stat` of each thread that works for `lock-load`, from the state on.
fn stats() -> Result<Vec<Vec<String>>> {
    let mut all = Vec::new();
    for entry in fs::read_dir("/proc").context("/proc")? {
        // Not a process, or one that has ended since.
        let Ok(text) = fs::read_to_string(entry.context("/proc")?.path().join("stat")) else {
            continue;
        };
        let Some((head, tail)) = text.rsplit_once(") ") else {
            continue;
        };
        if head.contains("(lock-load/") {
            all.push(tail.split_whitespace().map(Into::into).collect());
        }
    }
    Ok(all)
}

/// Fails unless each vCPU that was online at the start of the tests is.
fn all_online(expected: u32) -> Result<()> {
    let found = vcpus();
    ensure!(
        found == expected,
        "{found} vCPUs are online, {expected} were"
    );
    Ok(())
}
