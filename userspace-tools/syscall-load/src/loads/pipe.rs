// SPDX-License-Identifier: GPL-2.0

//! Makes a pipe and closes it.
//!
//! Kleen and Chen, "Linux kernel scaling", 2011: the mount of pipes, which nobody had mounted for
//! good, made each put sum up its count over all CPUs.

use anyhow::Result;
use rustix::pipe::pipe;

use crate::load::{work, Load, Place, Work};

/// Both ends.
pub const PIPE: Load = Load {
    name: "pipe",
    about: "make and close a pipe: mount count of an internal file system, inode lists",
    make,
};

fn make(_: &Place<'_>) -> Result<Box<dyn Work>> {
    work(|| {
        drop(pipe()?);
        Ok(())
    })
}
