// SPDX-License-Identifier: GPL-2.0

//! A private folder for the sockets of an attempt.
//!
//! It goes with its owner, unless the owner is killed by a signal that cannot be caught. So each
//! is locked by its owner, and whoever makes the next one removes those whose lock is free.

use std::{
    fs::{self, File},
    io,
    path::Path,
    time::{Duration, SystemTime},
};

use anyhow::{Context, Result};
use rustix::fs::{flock, FlockOperation};
use tempfile::TempDir;

const PREFIX: &str = "slowpath-vm-";
/// The file in it that is locked.
const OWNER: &str = "owner";
/// Younger ones are left alone: their owner may not have come to lock them.
const SETTLED: Duration = Duration::from_secs(60);

/// A folder; dropping it removes it.
pub struct Folder {
    dir: TempDir,
    _owner: File,
}

impl Folder {
    /// Makes one, and removes those that others could not.
    pub fn new() -> Result<Self> {
        let root = std::env::temp_dir();
        tidy(&root);
        make(&root).with_context(|| format!("a private folder in {}", root.display()))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.dir.path()
    }
}

fn make(root: &Path) -> io::Result<Folder> {
    let dir = tempfile::Builder::new().prefix(PREFIX).tempdir_in(root)?;
    let owner = File::create(dir.path().join(OWNER))?;
    flock(&owner, FlockOperation::NonBlockingLockExclusive)?;
    Ok(Folder { dir, _owner: owner })
}

/// Removes the folders whose owners are gone. What cannot be removed is somebody else's.
fn tidy(root: &Path) {
    let entries = fs::read_dir(root).into_iter().flatten().flatten();
    let ours = entries.filter(|e| e.file_name().to_string_lossy().starts_with(PREFIX));
    for path in ours.map(|entry| entry.path()) {
        if is_left_behind(&path).unwrap_or(false) {
            let _ = fs::remove_dir_all(&path);
        }
    }
}

fn is_left_behind(folder: &Path) -> io::Result<bool> {
    let about = folder.symlink_metadata()?;
    let age = SystemTime::now().duration_since(about.modified()?);
    if !about.is_dir() || age.unwrap_or_default() < SETTLED {
        return Ok(false);
    }
    match File::open(folder.join(OWNER)) {
        Ok(owner) => Ok(flock(&owner, FlockOperation::NonBlockingLockExclusive).is_ok()),
        Err(e) => Ok(e.kind() == io::ErrorKind::NotFound),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn age(folder: &Path) {
        let old = SystemTime::now() - 2 * SETTLED;
        File::open(folder).unwrap().set_modified(old).unwrap();
    }

    #[test]
    fn only_what_lost_its_owner_is_removed() {
        let root = tempfile::tempdir().unwrap();
        let alive = make(root.path()).unwrap();
        let young = root.path().join("slowpath-vm-young");
        let killed = root.path().join("slowpath-vm-killed");
        let early = root.path().join("slowpath-vm-killed-early");
        let other = root.path().join("something-else");
        for folder in [&young, &killed, &early, &other] {
            fs::create_dir(folder).unwrap();
        }
        fs::write(killed.join(OWNER), "").unwrap();
        fs::write(killed.join("qmp"), "").unwrap();
        [alive.path(), &killed, &early, &other].map(age);

        tidy(root.path());

        assert!(!killed.exists() && !early.exists());
        assert!(alive.path().exists() && young.exists() && other.exists());
        let path = alive.path().to_owned();
        drop(alive);
        assert!(!path.exists());
    }
}
