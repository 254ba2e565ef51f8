// SPDX-License-Identifier: GPL-2.0

//! Files that are written whole or not at all.

use std::path::Path;
use std::{fs, io};

/// Writes a file beside its place, then renames it there: a reader never sees half of it.
pub fn write_whole(path: &Path, text: &str) -> io::Result<()> {
    let mut new = path.as_os_str().to_owned();
    new.push(format!(".{}", std::process::id()));
    fs::write(&new, text)?;
    fs::rename(&new, path).inspect_err(|_| drop(fs::remove_file(&new)))
}
