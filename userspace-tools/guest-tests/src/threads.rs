// SPDX-License-Identifier: GPL-2.0

//! The kernel threads of the modules.

use std::{
    fs,
    thread::sleep,
    time::{Duration, Instant},
};

use anyhow::{ensure, Context, Result};

use crate::kernel_module::ALL;

/// Threads with which `lock-load` probes the machine.
const PROBES: &str = "slowpath-";
/// Time for which a thread that has left its module's code may still be in /proc.
const EXITS: Duration = Duration::from_secs(2);

/// Fails if a thread of `module` is left.
pub fn none_left(module: &str) -> Result<()> {
    let until = Instant::now() + EXITS;
    loop {
        let mut left = of_modules()?;
        left.retain(|name| name.starts_with(module) || name.starts_with(PROBES));
        if left.is_empty() {
            return Ok(());
        }
        let late = Instant::now() > until;
        ensure!(!late, "threads left: {}", left.join(" "));
        sleep(Duration::from_millis(10));
    }
}

/// The names of all threads of the modules.
pub fn of_modules() -> Result<Vec<String>> {
    let mut names = of_each("comm")?;
    names.retain(|name| {
        let ours = |module: &str| name.starts_with(&format!("{module}/"));
        ALL.into_iter().any(ours) || name.starts_with(PROBES)
    });
    Ok(names)
}

/// The threads of `module` that sleep uninterruptibly (state D), as `pid (name)`.
pub fn in_state_d(module: &str) -> Result<Vec<String>> {
    let stats = of_each("stat")?;
    let slept = stats.iter().filter_map(|stat| stat.split_once(") D "));
    let ours = slept.filter(|(thread, _)| thread.contains(&format!(" ({module}/")));
    Ok(ours.map(|(thread, _)| format!("{thread})")).collect())
}

/// The text of `file` in the directory of each process in /proc.
pub fn of_each(file: &str) -> Result<Vec<String>> {
    let entries = fs::read_dir("/proc").context("/proc")?;
    // The others are not processes, or have ended.
    let texts = entries.filter_map(|entry| fs::read_to_string(entry.ok()?.path().join(file)).ok());
    Ok(texts.map(|text| text.trim_end().into()).collect())
}
