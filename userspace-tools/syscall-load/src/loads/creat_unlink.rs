// SPDX-License-Identifier: GPL-2.0

//! Creates a file and unlinks it.
//!
//! Piggin, "Scaling the Linux VFS", 2009: the dcache lock and the inode lock, and with one folder
//! the lock of that folder too, which is there to this day.

use std::path::PathBuf;

use anyhow::Result;
use rustix::fs::{openat, unlink, Mode, OFlags, CWD};

use crate::load::{work, Load, Place, Work};

/// All workers in one folder.
pub const SHARED: Load = Load {
    name: "creat_unlink",
    about:
        "create and unlink in a folder that all share: the folder's lock, inode and dentry caches",
    make: |place| make(place.shared.join(format!("c{}", place.worker))),
};

/// Each worker in a folder of its own.
pub const SEPARATE: Load = Load {
    name: "creat_unlink_separate",
    about: "the same, each worker in a folder of its own",
    make: |place: &Place<'_>| make(place.own.join("c")),
};

fn make(path: PathBuf) -> Result<Box<dyn Work>> {
    let flags = OFlags::CREATE | OFlags::EXCL | OFlags::RDWR;
    work(move || {
        drop(openat(CWD, &path, flags, Mode::RUSR | Mode::WUSR)?);
        unlink(&path)?;
        Ok(())
    })
}
