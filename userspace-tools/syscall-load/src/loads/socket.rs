// SPDX-License-Identifier: GPL-2.0

//! Makes a socket and closes it.
//!
//! Boyd-Wickizer et al., "An Analysis of Linux Scalability to Many Cores", 2010, and Piggin,
//! "Scaling the Linux VFS", 2009: each socket has an inode and a dentry, and they went through the
//! inode lock and the dcache lock, though nobody can look them up.

use anyhow::Result;
use rustix::net::{socket, AddressFamily, SocketType};

use crate::load::{work, Load, Place, Work};

/// Internet datagrams.
pub const SOCKET: Load = Load {
    name: "socket",
    about: "make and close a UDP socket: inode numbers, dentry and inode lists, mount count",
    make,
};

fn make(_: &Place<'_>) -> Result<Box<dyn Work>> {
    work(|| {
        drop(socket(AddressFamily::INET, SocketType::DGRAM, None)?);
        Ok(())
    })
}
