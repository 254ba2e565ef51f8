// SPDX-License-Identifier: GPL-2.0

//! stat(2) of an absolute path ten folders deep.
//!
//! Kleen and Chen, "Linux kernel scaling", 2011: absolute paths fell out of the RCU walk, and every
//! component of the path had its reference count taken and given back by every CPU.

use anyhow::{Context, Result};
use rustix::fs::stat;

use crate::load::{work, Load, Place, Work};

/// All workers look the same path up.
pub const STAT_DEEP: Load = Load {
    name: "stat_deep",
    about: "stat the same absolute path of ten folders: path walk, dentry counts",
    make,
};

fn make(place: &Place<'_>) -> Result<Box<dyn Work>> {
    let mut path = std::fs::canonicalize(place.shared).context("no absolute path")?;
    (0..10).for_each(|depth| path.push(format!("d{depth}")));
    std::fs::create_dir_all(&path)?;
    path.push("file");
    std::fs::write(&path, "")?;
    work(move || {
        stat(&path)?;
        Ok(())
    })
}
