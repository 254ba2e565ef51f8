// SPDX-License-Identifier: GPL-2.0

//! pread(2) of one page of one file that all share, from the page cache.

use anyhow::Result;
use rustix::{
    fs::{openat, Mode, OFlags, CWD},
    io::pread,
};

use crate::load::{work, Load, Place, Work};

/// One file, a descriptor each.
pub const PREAD: Load = Load {
    name: "pread",
    about: "read the first page of one file that all have open: the page's count",
    make,
};

fn make(place: &Place<'_>) -> Result<Box<dyn Work>> {
    let path = place.shared.join("read");
    std::fs::write(&path, [1; 4096])?;
    let file = openat(CWD, &path, OFlags::RDONLY, Mode::empty())?;
    let mut page = [0; 4096];
    work(move || {
        pread(&file, &mut page, 0)?;
        Ok(())
    })
}
