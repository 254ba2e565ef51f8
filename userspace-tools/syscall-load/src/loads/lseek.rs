// SPDX-License-Identifier: GPL-2.0

//! lseek(2) on one's own descriptor of a file that all share.
//!
//! Boyd-Wickizer et al., "An Analysis of Linux Scalability to Many Cores", 2010: lseek took the
//! lock of the inode, without need.

use anyhow::Result;
use rustix::fs::{openat, seek, Mode, OFlags, SeekFrom, CWD};

use crate::load::{work, Load, Place, Work};

/// One file, a descriptor each.
pub const LSEEK: Load = Load {
    name: "lseek",
    about: "seek to the end of one file that all have open: the inode's lock",
    make,
};

fn make(place: &Place<'_>) -> Result<Box<dyn Work>> {
    let path = place.shared.join("seek");
    std::fs::write(&path, [0; 4096])?;
    let file = openat(CWD, &path, OFlags::RDONLY, Mode::empty())?;
    work(move || {
        seek(&file, SeekFrom::End(0))?;
        Ok(())
    })
}
