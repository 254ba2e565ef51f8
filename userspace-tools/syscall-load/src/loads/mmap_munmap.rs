// SPDX-License-Identifier: GPL-2.0

//! mmap(2) and munmap(2) of a page that is never touched.

use anyhow::Result;

use crate::{
    load::{work, Load, Place, Work},
    sys::Mapping,
};

/// One page.
pub const MMAP_MUNMAP: Load = Load {
    name: "mmap_munmap",
    about: "map and unmap a page: the lock of the address space, which threads share",
    make,
};

fn make(_: &Place<'_>) -> Result<Box<dyn Work>> {
    work(|| {
        drop(Mapping::private(1)?);
        Ok(())
    })
}
