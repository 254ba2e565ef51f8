// SPDX-License-Identifier: GPL-2.0

//! open(2) and close(2) of a file that exists.
//!
//! Piggin, "Scaling the Linux VFS", 2009: each open file was on one list behind one lock.

use anyhow::Result;
use rustix::fs::{openat, Mode, OFlags, CWD};

use crate::load::{work, Load, Place, Work};

/// All workers in one folder, each with a file of its own.
pub const SHARED: Load = Load {
    name: "open_close",
    about: "open and close one's own file in a folder that all share: list of open files, dentry, mount count",
    make: |place| make(place.shared.join(format!("f{}", place.worker))),
};

/// Each worker in a folder of its own.
pub const SEPARATE: Load = Load {
    name: "open_close_separate",
    about: "the same, each worker in a folder of its own",
    make: |place: &Place<'_>| make(place.own.join("f")),
};

fn make(path: std::path::PathBuf) -> Result<Box<dyn Work>> {
    std::fs::write(&path, "")?;
    work(move || {
        drop(openat(CWD, &path, OFlags::RDWR, Mode::empty())?);
        Ok(())
    })
}
