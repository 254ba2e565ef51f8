// SPDX-License-Identifier: GPL-2.0

//! Result directory: the files of one run of an experiment, marked until it is complete.

use std::{
    fs,
    io::ErrorKind,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    time::SystemTime,
};

use anyhow::Context;
use dir_owner::Owner;

use crate::{console::usage::Usage, store::file};

/// Parent of result directories.
pub const ROOT: &str = "build/results";
/// Environment variable: another parent; set for the steps of a claim file that are experiments.
pub const RESULTS: &str = "SLOWPATH_RESULTS";
/// The newest complete result.
pub const LATEST: &str = "build/results/latest";
/// File that marks a result as incomplete; it holds the cause.
pub const INCOMPLETE: &str = "INCOMPLETE";
/// Its text while `sweep` runs; it remains if `sweep` is killed.
pub const UNDER_WAY: &str = "still running";
/// Schema of a result directory. Schema 3 added machine, tools and hashes of what was booted to the provenance.
pub const SCHEMA: u32 = 3;
/// Copy of the experiment's file.
pub const EXPERIMENT: &str = "experiment.toml";
/// The plan, as `batch` reads it: a line for each run.
pub const PLAN: &str = "plan.txt";
/// The whole plan, for --resume.
pub const PLAN_JSON: &str = "plan.json";
/// The tables.
pub const SUMMARY: &str = "summary.txt";
/// The provenance.
pub const PROVENANCE: &str = "provenance.json";
/// The records.
pub const RUNS: &str = "runs.jsonl";

/// A result directory under construction, which this process alone writes into.
#[derive(Debug)]
pub struct Results {
    /// Where it is.
    pub dir: PathBuf,
    #[expect(dead_code, reason = "it holds a lock")]
    owner: Owner,
}

impl Results {
    /// Creates a new directory in `root`, named after the time and the experiment.
    pub fn create(root: &Path, name: &str) -> anyhow::Result<Self> {
        let now = now().replace('T', "-").replace([':', 'Z'], "");
        fs::create_dir_all(root).with_context(|| format!("cannot make {}", root.display()))?;
        let dir = fresh(root, &format!("{now}-{name}"))?;
        let results = Self::own(&dir)?;
        results.mark(UNDER_WAY)?;
        Ok(results)
    }

    /// Opens an existing one, if no other process writes into it.
    pub fn own(dir: &Path) -> anyhow::Result<Self> {
        let owner = Owner::take(dir).map_err(|error| {
            let cannot = format!("cannot write into {}", dir.display());
            match error.raw_os_error() {
                Some(_) => anyhow::Error::new(error).context(cannot),
                // It has another owner.
                None => Usage(format!(
                    "{cannot}: {error}. Try: sweep watch {}",
                    dir.display()
                ))
                .into(),
            }
        })?;
        let dir = dir.into();
        Ok(Self { dir, owner })
    }

    /// The directory of one guest boot in it.
    pub fn boot(&self, number: usize) -> anyhow::Result<PathBuf> {
        let dir = self.dir.join(format!("boot-{number}"));
        fs::create_dir_all(&dir).with_context(|| format!("cannot make {}", dir.display()))?;
        Ok(dir)
    }

    /// Writes a file into it.
    pub fn write(&self, file: &str, text: &str) -> anyhow::Result<()> {
        file::write(&self.dir.join(file), text)
    }

    /// Marks it as incomplete, with the cause. Any text marks it, so the mark is written where it is: a full disk
    /// has no space for another.
    pub fn mark(&self, why: &str) -> anyhow::Result<()> {
        let path = self.dir.join(INCOMPLETE);
        let written = fs::write(&path, format!("{why}\n"));
        written.with_context(|| format!("cannot write {}", path.display()))
    }

    /// Marks it as complete.
    pub fn complete(&self) -> anyhow::Result<()> {
        fs::remove_file(self.dir.join(INCOMPLETE)).context("cannot remove INCOMPLETE")
    }

    /// Points the symlink `latest` here.
    pub fn publish(&self) -> anyhow::Result<()> {
        let root = self
            .dir
            .parent()
            .context("a result directory has a parent")?;
        let name = self
            .dir
            .file_name()
            .context("a result directory has a name")?;
        let next = root.join(format!(".latest.{}", std::process::id()));
        symlink(name, &next).context("cannot make the symlink `latest`")?;
        fs::rename(&next, root.join("latest")).context("cannot place the symlink `latest`")
    }
}

/// The time in UTC, as RFC 3339 writes it, to the second.
pub fn now() -> String {
    humantime::format_rfc3339_seconds(SystemTime::now()).to_string()
}

/// Creates a directory in `root` with this name or, where that exists, with a number after it.
pub fn fresh(root: &Path, name: &str) -> anyhow::Result<PathBuf> {
    for n in 1.. {
        let dir = match n {
            1 => root.join(name),
            n => root.join(format!("{name}-{n}")),
        };
        match fs::create_dir(&dir) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => {
                return Err(error).with_context(|| format!("cannot make {}", dir.display()))
            }
            Ok(()) => return Ok(dir),
        }
    }
    unreachable!("some number is free")
}

/// Whether a process runs it at present.
pub fn is_running(dir: &Path) -> bool {
    Owner::is_taken(dir)
}

/// Why the result is marked as incomplete, if it is.
pub fn incomplete(dir: &Path) -> Option<String> {
    let why = fs::read_to_string(dir.join(INCOMPLETE)).ok()?;
    match why.trim_end() {
        UNDER_WAY | "" if !is_running(dir) => {
            let dir = dir.display();
            Some(format!(
                "killed before its end. Try: sweep run --resume {dir}"
            ))
        }
        why => Some(why.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn result_is_incomplete_until_it_is_completed() {
        let root = tempfile::tempdir().unwrap();
        let results = Results::create(root.path(), "t").unwrap();
        assert_eq!(incomplete(&results.dir).unwrap(), "still running");
        let dir = results.dir.clone();
        drop(results);
        let killed = "killed before its end. Try: sweep run --resume ";
        assert!(incomplete(&dir).unwrap().starts_with(killed));
        Results::own(&dir).unwrap().complete().unwrap();
        assert_eq!(incomplete(&dir), None);
    }

    #[test]
    fn directory_name_has_time_and_experiment() {
        let root = tempfile::tempdir().unwrap();
        let results = Results::create(root.path(), "t").unwrap();
        let name = results.dir.file_name().unwrap().to_str().unwrap();
        let shape = regex_lite::Regex::new(r"^\d{4}-\d\d-\d\d-\d{6}-t$").unwrap();
        assert!(shape.is_match(name), "{name}");
    }

    #[test]
    fn two_results_in_one_second_have_two_directories() {
        let root = tempfile::tempdir().unwrap();
        let one = fresh(root.path(), "same").unwrap();
        assert_ne!(one, fresh(root.path(), "same").unwrap());
    }

    #[test]
    fn latest_points_to_the_newest_complete_result() {
        let root = tempfile::tempdir().unwrap();
        for name in ["a", "b"] {
            Results::create(root.path(), name)
                .unwrap()
                .publish()
                .unwrap();
        }
        let latest = fs::read_link(root.path().join("latest")).unwrap();
        assert!(latest.to_str().unwrap().ends_with("-b"));
    }
}
