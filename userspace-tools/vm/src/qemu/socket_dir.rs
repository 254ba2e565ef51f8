// SPDX-License-Identifier: GPL-2.0

//! Private folder for the sockets of an attempt.
//!
//! Its owner removes it, unless SIGKILL ends the owner. So each run owns its folder, and the next run
//! removes the folders without an owner.

use std::{fs, io, path::Path, time::SystemTime};

use anyhow::{Context, Result};
use dir_owner::Owner;
use tempfile::TempDir;

use crate::limits::ABANDONED_FOLDER_AGE;

const PREFIX: &str = "slowpath-vm-";

pub struct SocketDir {
    dir: TempDir,
    _owner: Owner,
}

impl SocketDir {
    /// Makes a folder, and removes abandoned ones.
    pub fn new() -> Result<Self> {
        let root = std::env::temp_dir();
        remove_abandoned(&root);
        make(&root).with_context(|| format!("a private folder in {}", root.display()))
    }

    pub fn path(&self) -> &Path {
        self.dir.path()
    }
}

fn make(root: &Path) -> io::Result<SocketDir> {
    let dir = tempfile::Builder::new().prefix(PREFIX).tempdir_in(root)?;
    let _owner = Owner::take(dir.path())?;
    Ok(SocketDir { dir, _owner })
}

/// Removes the folders whose owners have ended. What cannot be removed belongs to another user.
fn remove_abandoned(root: &Path) {
    let entries = fs::read_dir(root).into_iter().flatten().flatten();
    let ours = entries.filter(|e| e.file_name().to_string_lossy().starts_with(PREFIX));
    for path in ours.map(|entry| entry.path()) {
        if is_abandoned(&path).unwrap_or(false) {
            let _ = fs::remove_dir_all(&path);
        }
    }
}

fn is_abandoned(folder: &Path) -> io::Result<bool> {
    let about = folder.symlink_metadata()?;
    let age = SystemTime::now().duration_since(about.modified()?);
    // The owner of a younger one may not have locked it yet.
    if !about.is_dir() || age.unwrap_or_default() < ABANDONED_FOLDER_AGE {
        return Ok(false);
    }
    Ok(!Owner::is_taken(folder))
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use dir_owner::OWNER_FILE;

    use super::*;

    fn age(folder: &Path) {
        let old = SystemTime::now() - 2 * ABANDONED_FOLDER_AGE;
        File::open(folder).unwrap().set_modified(old).unwrap();
    }

    #[test]
    fn only_abandoned_folders_are_removed() {
        let root = tempfile::tempdir().unwrap();
        let alive = make(root.path()).unwrap();
        let young = root.path().join("slowpath-vm-young");
        let killed = root.path().join("slowpath-vm-killed");
        let early = root.path().join("slowpath-vm-killed-early");
        let other = root.path().join("something-else");
        for folder in [&young, &killed, &early, &other] {
            fs::create_dir(folder).unwrap();
        }
        fs::write(killed.join(OWNER_FILE), "").unwrap();
        fs::write(killed.join("qmp"), "").unwrap();
        for folder in [alive.path(), &killed, &early, &other] {
            age(folder);
        }

        remove_abandoned(root.path());

        assert!(!killed.exists() && !early.exists());
        assert!(alive.path().exists() && young.exists() && other.exists());
        let path = alive.path().to_owned();
        drop(alive);
        assert!(!path.exists());
    }
}
