// SPDX-License-Identifier: GPL-2.0

//! Reads `/proc/stat`.
//!
//! Kleen and Chen, "Linux kernel scaling", 2011: `sysconf()` read it for the number of CPUs, each
//! time a mail process opened its database; it sums up the interrupts of all CPUs.

use std::{fs::File, io::Read};

use anyhow::Result;

use crate::load::{work, Load, Place, Work};

/// Open, read, close.
pub const PROC_STAT: Load = Load {
    name: "proc_stat",
    about: "open, read and close /proc/stat, as sysconf() once did: sums over all CPUs",
    make,
};

fn make(_: &Place<'_>) -> Result<Box<dyn Work>> {
    let mut text = Vec::new();
    work(move || {
        text.clear();
        File::open("/proc/stat")?.read_to_end(&mut text)?;
        Ok(())
    })
}
