// SPDX-License-Identifier: GPL-2.0

//! File systems of the guest; those that the channel needs come first.

use std::fs;

use anyhow::{Context, Result};
use rustix::io::Errno;
use rustix::mount::{mount, MountFlags};

/// File systems without which the port cannot be found and opened.
const FIRST: [[&str; 2]; 3] = [["proc", "/proc"], ["sysfs", "/sys"], ["devtmpfs", "/dev"]];

const REST: [[&str; 2]; 3] = [
    ["debugfs", "/sys/kernel/debug"],
    ["tmpfs", "/tmp"],
    ["devpts", "/dev/pts"],
];

pub fn first() -> Result<()> {
    FIRST.iter().try_for_each(|[kind, at]| mount_one(kind, at))
}

pub fn rest() -> Result<()> {
    REST.iter().try_for_each(|[kind, at]| mount_one(kind, at))
}

fn mount_one(kind: &str, at: &str) -> Result<()> {
    if !at.starts_with("/sys/") {
        fs::create_dir_all(at).with_context(|| format!("mkdir {at}"))?;
    }
    match mount(kind, at, kind, MountFlags::empty(), None) {
        // A kernel with CONFIG_DEVTMPFS_MOUNT was faster.
        Ok(()) | Err(Errno::BUSY) => Ok(()),
        Err(error) => Err(error).with_context(|| format!("mount {kind} on {at}")),
    }
}
