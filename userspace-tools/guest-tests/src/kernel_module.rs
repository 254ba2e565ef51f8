// SPDX-License-Identifier: GPL-2.0

//! Modules go in and out.

use std::{ffi::CString, fs::File, thread::sleep, time::Duration};

use anyhow::{Context, Result};
use rustix::{
    io::Errno,
    system::{delete_module, finit_module},
};

/// All modules, by name.
pub const ALL: [&str; 3] = ["lock-load", "sloppy-counter", "job-runner"];

/// As `insmod` does.
pub fn insert(name: &str) -> Result<()> {
    let path = format!("/lib/modules/{name}.ko");
    let file = File::open(&path).with_context(|| path.clone())?;
    finit_module(&file, c"", 0).with_context(|| format!("insmod {path}"))
}

/// As `rmmod` does.
pub fn remove(name: &str) -> Result<()> {
    let name = name.replace('-', "_");
    let word = CString::new(name.as_str())?;
    for _ in 0..100 {
        match delete_module(&word, libc_flags::NONBLOCK) {
            // A call into the module has not returned.
            Err(Errno::AGAIN) => sleep(Duration::from_millis(10)),
            done => return done.with_context(|| format!("rmmod {name}")),
        }
    }
    anyhow::bail!("rmmod {name}: still in use after a second (EAGAIN); see: lsmod")
}

/// Makes sure that it is in.
pub fn be_inserted(name: &str) -> Result<()> {
    match is_inserted(name) {
        true => Ok(()),
        false => insert(name),
    }
}

/// Makes sure that it is out.
pub fn be_removed(name: &str) -> Result<()> {
    match is_inserted(name) {
        true => remove(name),
        false => Ok(()),
    }
}

fn is_inserted(name: &str) -> bool {
    let name = name.replace('-', "_");
    std::path::Path::new("/sys/module").join(name).exists()
}

mod libc_flags {
    use rustix::fs::OFlags;

    /// `rmmod` asks not to wait for users of the module.
    pub const NONBLOCK: std::ffi::c_int = OFlags::NONBLOCK.bits() as std::ffi::c_int;
}
