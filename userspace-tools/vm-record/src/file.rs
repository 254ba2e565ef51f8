// SPDX-License-Identifier: GPL-2.0

//! Files that are written whole or not at all.

use std::path::Path;
use std::{fs, io};

/// Writes a file beside its place, then renames it there: a reader never sees half of it, and none stays.
///
/// A link is followed. What is not a regular file, as /dev/stdout, is written where it is.
pub fn write_whole(path: &Path, text: &str) -> io::Result<()> {
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let is_file = fs::metadata(path).map_or(true, |about| about.is_file());
    if !is_file || path.starts_with("/dev") {
        return fs::write(path, text);
    }
    let mut new = target.as_os_str().to_owned();
    new.push(format!(".{}", std::process::id()));
    fs::write(&new, text)
        .and_then(|()| fs::rename(&new, &target))
        .inspect_err(|_| drop(fs::remove_file(&new)))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn link_is_followed_and_nothing_stays_beside_the_file() {
        let dir = tempfile::tempdir().unwrap();
        let (file, link) = (dir.path().join("file"), dir.path().join("link"));
        symlink("file", &link).unwrap();
        fs::write(&file, "old").unwrap();
        write_whole(&link, "new").unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "new");
        assert!(link.is_symlink());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2);
    }

    #[test]
    fn failure_leaves_the_old_text_and_nothing_beside_it() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("folder");
        fs::create_dir(&folder).unwrap();
        assert!(write_whole(&folder, "text").is_err());
        // The name beside it cannot be written.
        let long = dir.path().join("n".repeat(255));
        fs::write(&long, "old").unwrap();
        assert!(write_whole(&long, "text").is_err());
        assert_eq!(fs::read_to_string(&long).unwrap(), "old");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2);
    }

    #[test]
    fn device_is_written_where_it_is() {
        write_whole(Path::new("/dev/null"), "text").unwrap();
        let full = write_whole(Path::new("/dev/full"), "text").unwrap_err();
        assert_eq!(full.kind(), io::ErrorKind::StorageFull);
    }
}
