// SPDX-License-Identifier: GPL-2.0

//! Files, folders and pipes: the VFS.
//!
//! Piggin, "Scaling the Linux VFS", 2009: every open file was on one list behind one lock (`open_close`); the
//! dcache lock, the inode lock, and to this day the lock of the folder (`creat_unlink`).
//! Kleen and Chen, "Linux kernel scaling", 2011: absolute paths fell out of the RCU walk, so every CPU took and
//! gave back the reference count of each component (`stat_deep`); the mount of pipes, which no user had mounted
//! for good, made each put sum up its count over all CPUs (`pipe`); `sysconf()` read `/proc/stat` for the number
//! of CPUs, which sums up the interrupts of all CPUs (`proc_stat`).
//! Boyd-Wickizer et al., "An Analysis of Linux Scalability to Many Cores", 2010: `lseek` took the lock of the
//! inode, without need.

use std::{
    fs::{self, File},
    io::Read,
    path::PathBuf,
};

use anyhow::{Context, Result};
use rustix::{
    fd::OwnedFd,
    fs::{openat, seek, stat, unlink, Mode, OFlags, SeekFrom, CWD},
    io::pread,
    pipe::pipe,
};

use crate::load::{repeat, Place, Work};

loads! {
    /// open and close one's own file in a folder that all share: list of open files, dentry, mount count
    open_close => |place| open_close(place.shared.join(format!("f{}", place.worker)));
    /// the same, each worker in a folder of its own
    open_close_separate => |place| open_close(place.own.join("f"));
    /// create and unlink in a folder that all share: the folder's lock, inode and dentry caches
    creat_unlink => |place| creat_unlink(place.shared.join(format!("c{}", place.worker)));
    /// the same, each worker in a folder of its own
    creat_unlink_separate => |place| creat_unlink(place.own.join("c"));
    /// stat the same absolute path of ten folders: path walk, dentry counts
    stat_deep => stat_deep;
    /// seek to the end of one file that all have open: the inode's lock
    lseek => |place| {
        let file = shared_file(place, "seek")?;
        repeat(move || seek(&file, SeekFrom::End(0)))
    };
    /// read the first page of one file that all have open: the page's count
    pread => |place| {
        let file = shared_file(place, "read")?;
        let mut page = [0; 4096];
        repeat(move || pread(&file, &mut page, 0))
    };
    /// make and close a pipe: mount count of an internal file system, inode lists
    pipe => |_| repeat(pipe);
    /// open, read and close /proc/stat, as sysconf() once did: sums over all CPUs
    proc_stat => |_| {
        let mut text = Vec::new();
        repeat(move || {
            text.clear();
            File::open("/proc/stat")?.read_to_end(&mut text)
        })
    };
}

fn open_close(path: PathBuf) -> Result<Box<dyn Work>> {
    fs::write(&path, "")?;
    repeat(move || openat(CWD, &path, OFlags::RDWR, Mode::empty()))
}

fn creat_unlink(path: PathBuf) -> Result<Box<dyn Work>> {
    let flags = OFlags::CREATE | OFlags::EXCL | OFlags::RDWR;
    repeat(move || {
        drop(openat(CWD, &path, flags, Mode::RUSR | Mode::WUSR)?);
        unlink(&path)
    })
}

fn stat_deep(place: &Place<'_>) -> Result<Box<dyn Work>> {
    let mut path = fs::canonicalize(place.shared).context("no absolute path")?;
    (0..10).for_each(|depth| path.push(format!("d{depth}")));
    fs::create_dir_all(&path)?;
    path.push("file");
    fs::write(&path, "")?;
    repeat(move || stat(&path))
}

/// A page in a file that all workers share, opened by each.
fn shared_file(place: &Place<'_>, name: &str) -> Result<OwnedFd> {
    let path = place.shared.join(name);
    fs::write(&path, [1; 4096])?;
    Ok(openat(CWD, &path, OFlags::RDONLY, Mode::empty())?)
}
