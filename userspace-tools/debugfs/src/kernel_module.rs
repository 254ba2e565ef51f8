// SPDX-License-Identifier: GPL-2.0

//! Insertion and removal of modules, as `insmod` and `rmmod` do.

use std::{
    ffi::{c_int, CString},
    fs::File,
    io,
    path::Path,
    thread::sleep,
    time::Duration,
};

use rustix::{
    fs::OFlags,
    io::Errno,
    system::{delete_module, finit_module},
};

/// Attempts to remove a module in use, 10 ms apart.
const TRIES: u32 = 100;

/// Inserts the module in the file at `path`.
pub fn insert(path: &Path) -> io::Result<()> {
    let context = |what: &str, e: io::Error| {
        io::Error::new(e.kind(), format!("{what} {}: {e}", path.display()))
    };
    let file = File::open(path).map_err(|e| context("open", e))?;
    finit_module(&file, c"", 0).map_err(|e| context("insmod", e.into()))
}

/// Removes the module `name`, also during a run.
pub fn remove(name: &str) -> io::Result<()> {
    let name = name.replace('-', "_");
    let word = CString::new(name.as_str())?;
    // Like rmmod: fail rather than wait for users of the module.
    let flags = OFlags::NONBLOCK.bits() as c_int;
    let mut last = Errno::AGAIN;
    for _ in 0..TRIES {
        match delete_module(&word, flags) {
            Ok(()) => return Ok(()),
            Err(Errno::AGAIN) => sleep(Duration::from_millis(10)),
            Err(errno) => {
                last = errno;
                break;
            }
        }
    }
    let error = io::Error::from(last);
    Err(io::Error::new(
        error.kind(),
        format!("cannot remove module {name}: {error}. Try: lsmod, for its users"),
    ))
}
