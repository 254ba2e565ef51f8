// SPDX-License-Identifier: GPL-2.0

//! Manifest of a bundle: what it holds, and the size and the SHA-256 of each file.

use std::{collections::HashSet, path::Component, path::Path};

use serde::{Deserialize, Serialize};

/// The manifest's file in a bundle.
pub const FILE: &str = "bundle.json";
/// Schema of bundles.
const SCHEMA: u32 = 1;
/// The word by which a bundle is known.
const FORMAT: &str = "slowpath-bundle";

/// The most files of a bundle: a result of 1000 guest boots has about 6000.
const MAX_FILES: usize = 100_000;
/// The most bytes of a bundle's files: a result of 100,000 runs has about 400 MB.
pub const MAX_BYTES: u64 = 4 << 30;
/// The most bytes of a manifest: 100,000 lines with a hash each.
pub const MAX_MANIFEST: u64 = 32 << 20;

/// What a bundle is of.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// One experiment.
    Result,
    /// Verdicts on claims.
    Claims,
}

/// One file.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct File {
    /// Its path in the bundle's directory.
    pub path: String,
    /// Its length in bytes.
    pub bytes: u64,
    /// Its SHA-256.
    pub sha256: String,
}

/// The manifest.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Manifest {
    format: String,
    schema: u32,
    /// The directory that all files are in.
    pub name: String,
    /// What the bundle is of.
    pub kind: Kind,
    /// The verdict on it.
    pub verdict: String,
    /// The files, in their order.
    pub files: Vec<File>,
}

impl Manifest {
    /// The manifest of a directory with this name.
    pub fn new(name: String, kind: Kind, verdict: String, files: Vec<File>) -> Self {
        Self {
            format: FORMAT.into(),
            schema: SCHEMA,
            name,
            kind,
            verdict,
            files,
        }
    }

    /// Reads a manifest, and refuses one that could write elsewhere or without bounds.
    pub fn parse(text: &[u8]) -> Result<Self, String> {
        let manifest: Self =
            serde_json::from_slice(text).map_err(|error| format!("{FILE}: {error}"))?;
        match manifest.fault() {
            None => Ok(manifest),
            Some(why) => Err(format!("{FILE}: {why}")),
        }
    }

    /// Why a bundle with this manifest is refused, if it is.
    pub fn fault(&self) -> Option<String> {
        let (schema, name, files) = (self.schema, &self.name, self.files.len());
        if self.format != FORMAT {
            return Some(format!("format `{}` (allowed: {FORMAT})", self.format));
        }
        if schema != SCHEMA {
            return Some(format!("schema {schema} (allowed: {SCHEMA})"));
        }
        if !is_plain(name) || name.contains('/') {
            return Some(format!("name `{}` is no directory's", name.escape_debug()));
        }
        if files > MAX_FILES {
            return Some(format!("{files} files (allowed: up to {MAX_FILES})"));
        }
        let bytes = self.files.iter().map(|file| file.bytes);
        if bytes.fold(0, u64::saturating_add) > MAX_BYTES {
            return Some(format!("too large (allowed: up to {MAX_BYTES} bytes)"));
        }
        let mut seen = HashSet::from([FILE]);
        self.files.iter().find_map(|File { path, .. }| {
            let shown = path.escape_debug();
            if !is_plain(path) {
                Some(format!("`{shown}` would leave its directory"))
            } else if !seen.insert(path) {
                Some(format!("`{shown}` is there twice"))
            } else {
                None
            }
        })
    }
}

/// Whether a path stays below the directory that it is joined to.
fn is_plain(path: &str) -> bool {
    let mut parts = Path::new(path).components();
    let plain = parts.all(|part| matches!(part, Component::Normal(_)));
    plain && !path.is_empty() && !path.contains('\0') && !path.ends_with('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(name: &str, paths: &[&str], bytes: u64) -> Manifest {
        let files = paths.iter().map(|path| File {
            path: path.to_string(),
            bytes,
            sha256: String::new(),
        });
        Manifest::new(name.into(), Kind::Result, "PASS".into(), files.collect())
    }

    #[test]
    fn paths_that_leave_the_directory_are_refused() {
        assert_eq!(manifest("r", &["a", "boot-1/b"], 1).fault(), None);
        for path in ["/etc/passwd", "../a", "a/../../b", "", "a/", "a\0b", "."] {
            assert!(manifest("r", &[path], 1).fault().is_some(), "{path}");
        }
        for name in ["..", "/", "a/b", ""] {
            assert!(manifest(name, &["a"], 1).fault().is_some(), "{name}");
        }
    }

    #[test]
    fn sizes_and_numbers_are_bounded() {
        let too_large = manifest("r", &["a", "b"], u64::MAX).fault().unwrap();
        assert!(too_large.contains("too large"), "{too_large}");
        let names: Vec<String> = (0..=MAX_FILES).map(|n| n.to_string()).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let too_many = manifest("r", &names, 0).fault().unwrap();
        assert!(too_many.contains("allowed: up to 100000"), "{too_many}");
    }

    #[test]
    fn file_that_is_there_twice_is_refused() {
        assert!(manifest("r", &["a", "a"], 1).fault().is_some());
        assert!(manifest("r", &[FILE], 1).fault().is_some());
    }

    #[test]
    fn other_formats_and_schemas_are_refused() {
        let json = serde_json::to_string(&manifest("r", &["a"], 1)).unwrap();
        assert!(Manifest::parse(json.as_bytes()).is_ok());
        for (from, to) in [("slowpath-bundle", "x"), ("\"schema\":1", "\"schema\":9")] {
            let error = Manifest::parse(json.replace(from, to).as_bytes()).unwrap_err();
            assert!(error.starts_with("bundle.json: "), "{error}");
        }
    }
}
