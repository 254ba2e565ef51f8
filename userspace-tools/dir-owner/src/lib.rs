// SPDX-License-Identifier: GPL-2.0

//! Owner of a directory: the one process that may write into it.
//!
//! The kernel releases the lock when the owner ends, however it ends; the file, with the owner's process id,
//! stays.

use std::{
    fs::File,
    io::{self, Read, Write},
    path::Path,
    thread::sleep,
    time::Duration,
};

use rustix::{
    fs::{flock, FlockOperation},
    io::Errno,
};

/// The file that the owner locks.
pub const OWNER_FILE: &str = "owner.pid";

/// This process owns a directory until it drops this.
#[derive(Debug)]
pub struct Owner(#[expect(dead_code, reason = "closing the file ends the lock")] File);

/// Attempts to take the lock, and the time that each waits longer than the one before.
const ATTEMPTS: u32 = 4;
const MOMENT: Duration = Duration::from_millis(10);

impl Owner {
    /// Makes this process the owner; an error names the process that is already.
    pub fn take(dir: &Path) -> io::Result<Self> {
        let options = File::options().read(true).append(true).create(true).clone();
        let mut file = options.open(dir.join(OWNER_FILE))?;
        // A file system without locks has no owners.
        // `is_taken` of another process has the lock for a moment.
        let is_taken = (0..ATTEMPTS).all(|attempt| {
            sleep(MOMENT * attempt);
            flock(&file, FlockOperation::NonBlockingLockExclusive) == Err(Errno::WOULDBLOCK)
        });
        if is_taken {
            let mut pid = String::new();
            file.read_to_string(&mut pid)?;
            let pid = pid.trim();
            return Err(io::Error::other(format!("process {pid} writes into it")));
        }
        file.set_len(0)?;
        writeln!(file, "{}", std::process::id())?;
        Ok(Self(file))
    }

    /// Whether some process owns the directory.
    pub fn is_taken(dir: &Path) -> bool {
        let file = File::open(dir.join(OWNER_FILE));
        let lock = |file| flock(&file, FlockOperation::NonBlockingLockShared);
        file.is_ok_and(|file: File| lock(file) == Err(Errno::WOULDBLOCK))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dir_has_one_owner_until_it_ends() {
        let dir = tempfile::tempdir().unwrap();
        assert!(!Owner::is_taken(dir.path()));
        let owner = Owner::take(dir.path()).unwrap();
        assert!(Owner::is_taken(dir.path()));
        let error = Owner::take(dir.path()).unwrap_err().to_string();
        let pid = std::process::id();
        assert_eq!(error, format!("process {pid} writes into it"));
        drop(owner);
        assert!(!Owner::is_taken(dir.path()));
        Owner::take(dir.path()).unwrap();
    }
}
