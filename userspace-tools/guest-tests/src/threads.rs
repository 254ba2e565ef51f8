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
    let mut names = Vec::new();
    for entry in fs::read_dir("/proc").context("/proc")? {
        let comm = entry.context("/proc")?.path().join("comm");
        // Not a process, or one that has ended.
        let Ok(name) = fs::read_to_string(comm) else {
            continue;
        };
        let name = name.trim_end();
        let ours = |module: &str| name.starts_with(&format!("{module}/"));
        if ALL.into_iter().any(ours) || name.starts_with(PROBES) {
            names.push(name.into());
        }
    }
    Ok(names)
}
