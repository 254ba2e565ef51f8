// SPDX-License-Identifier: GPL-2.0

//! Control files by system calls on bytes, with their errno.

use std::path::Path;

use anyhow::{bail, ensure, Result};
use debugfs::Dir;
use rustix::{
    fd::OwnedFd,
    fs::{open, Mode, OFlags},
    io::{self, Errno},
};

/// Opens a file for reading and writing, or for one of them.
pub fn open_as(path: &Path, flags: OFlags) -> Result<OwnedFd, Errno> {
    open(path, flags, Mode::empty())
}

/// Writes `bytes` with one system call, even if there are none.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), Errno> {
    let file = open_as(path, OFlags::WRONLY)?;
    match io::write(&file, bytes)? {
        n if n == bytes.len() => Ok(()),
        _ => Err(Errno::NOSPC),
    }
}

/// Reads a file by `size` bytes at a time.
pub fn read(path: &Path, size: usize) -> Result<Vec<u8>, Errno> {
    let file = open_as(path, OFlags::RDONLY)?;
    let (mut all, mut piece) = (Vec::new(), vec![0; size]);
    loop {
        match io::read(&file, &mut piece)? {
            0 => return Ok(all),
            n => all.extend_from_slice(&piece[..n]),
        }
    }
}

/// Fails unless `bytes` are refused with `errno` and `reason` is in `status`.
pub fn refused(
    dir: &Dir,
    file: &str,
    bytes: impl AsRef<[u8]>,
    errno: Errno,
    reason: &str,
) -> Result<()> {
    let bytes = bytes.as_ref();
    let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(60)]);
    match write(&dir.file(file), bytes) {
        Err(e) if e == errno => {}
        other => bail!("{file} < {shown:?}: {other:?}, not {errno:?}"),
    }
    let (why, word) = (dir.refusal()?, word(errno));
    ensure!(
        why.starts_with(&format!("{word} {file}: ")) && why.contains(reason),
        "{file} < {shown:?}: status has {why:?}, not `{word} {file}: …{reason}…`"
    );
    Ok(())
}

/// `Ok`, or the name of the errno.
pub fn reply<T>(reply: &Result<T, Errno>) -> &'static str {
    reply.as_ref().map_or_else(|&errno| word(errno), |_| "Ok")
}

/// The name of an errno that modules return.
pub fn word(errno: Errno) -> &'static str {
    match errno {
        Errno::INVAL => "EINVAL",
        Errno::RANGE => "ERANGE",
        Errno::BUSY => "EBUSY",
        Errno::NOMEM => "ENOMEM",
        Errno::NODEV => "ENODEV",
        Errno::IO => "EIO",
        Errno::FAULT => "EFAULT",
        Errno::AGAIN => "EAGAIN",
        Errno::NOENT => "ENOENT",
        Errno::STALE => "ESTALE",
        Errno::CANCELED => "ECANCELED",
        _ => "another errno",
    }
}
