// SPDX-License-Identifier: GPL-2.0

//! Insertion and removal of the modules.

use std::path::{Path, PathBuf};

use anyhow::Result;
use debugfs::kernel_module;

pub const ALL: [&str; 4] = ["lock-load", "sloppy-counter", "job-runner", "bottleneck"];

/// As `insmod` does.
pub fn insert(name: &str) -> Result<()> {
    Ok(kernel_module::insert(&path(name))?)
}

/// The file of a module.
pub fn path(name: &str) -> PathBuf {
    Path::new("/lib/modules").join(format!("{name}.ko"))
}

/// As `rmmod` does.
pub fn remove(name: &str) -> Result<()> {
    Ok(kernel_module::remove(name)?)
}

/// Inserts it unless it is inserted.
pub fn be_inserted(name: &str) -> Result<()> {
    match is_inserted(name) {
        true => Ok(()),
        false => insert(name),
    }
}

/// Removes it unless it is removed.
pub fn be_removed(name: &str) -> Result<()> {
    match is_inserted(name) {
        true => remove(name),
        false => Ok(()),
    }
}

fn is_inserted(name: &str) -> bool {
    let name = name.replace('-', "_");
    Path::new("/sys/module").join(name).exists()
}
