// SPDX-License-Identifier: GPL-2.0

//! The kernel threads of the modules.

use std::{fs, thread::sleep, time::Duration};

use anyhow::{ensure, Context, Result};

use crate::kernel_module::ALL;

/// Fails if a thread that a module made is still there.
pub fn none_left() -> Result<()> {
    let mut left = of_modules()?;
    if !left.is_empty() {
        // One that has ended stays in /proc for a moment.
        sleep(Duration::from_millis(200));
        left = of_modules()?;
    }
    ensure!(left.is_empty(), "threads left: {}", left.join(" "));
    Ok(())
}

/// The names of all threads that are the modules'.
pub fn of_modules() -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir("/proc").context("/proc")? {
        let comm = entry.context("/proc")?.path().join("comm");
        // Not a process, or one that has ended since.
        let Ok(name) = fs::read_to_string(comm) else {
            continue;
        };
        let name = name.trim_end();
        let ours = |module: &str| name.starts_with(&format!("{module}/"));
        if ALL.into_iter().any(ours) || name.starts_with("slowpath-") {
            names.push(name.into());
        }
    }
    Ok(names)
}
