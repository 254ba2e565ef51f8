// SPDX-License-Identifier: GPL-2.0

//! A result directory: everything about one run of an experiment, marked until it is whole.

use std::{
    fs::{
        self,
        File, //
    },
    io::{
        ErrorKind,
        Write, //
    },
    os::unix::fs::symlink,
    path::{
        Path,
        PathBuf, //
    },
    time::SystemTime,
};

use anyhow::Context;

use crate::record::Record;

/// The file whose presence says that the rest is not to be trusted, and why.
pub const INCOMPLETE: &str = "INCOMPLETE";
/// The version of what a result directory holds.
pub const SCHEMA: u32 = 1;
/// The experiment's file, as it was.
pub const EXPERIMENT: &str = "experiment.toml";
/// The plan, as the guest was given it.
pub const PLAN: &str = "plan.txt";
/// The tables, as they were printed.
pub const SUMMARY: &str = "summary.txt";
/// The records.
pub const RUNS: &str = "runs.jsonl";

/// A result directory under construction.
#[derive(Debug)]
pub struct Results {
    /// Where it is.
    pub dir: PathBuf,
}

impl Results {
    /// Makes a new directory in `root`, named after the time and the experiment.
    pub fn create(root: &Path, name: &str) -> anyhow::Result<Self> {
        let now = now().replace('T', "-").replace([':', 'Z'], "");
        fs::create_dir_all(root).with_context(|| format!("cannot make {}", root.display()))?;
        let dir = fresh(root, &format!("{now}-{name}"))?;
        let results = Self { dir };
        results.mark("under way, or cut short without a word")?;
        Ok(results)
    }

    /// Writes a file into it.
    pub fn write(&self, file: &str, text: &str) -> anyhow::Result<()> {
        let path = self.dir.join(file);
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))
    }

    /// Says why it is not complete.
    pub fn mark(&self, why: &str) -> anyhow::Result<()> {
        self.write(INCOMPLETE, &format!("{why}\n"))
    }

    /// Takes the mark away.
    pub fn complete(&self) -> anyhow::Result<()> {
        fs::remove_file(self.dir.join(INCOMPLETE)).context("cannot remove INCOMPLETE")
    }

    /// Points `latest` here.
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

/// The file of records, while they come.
#[derive(Debug)]
pub struct Runs {
    path: PathBuf,
    file: File,
    lost: u32,
}

impl Runs {
    /// Makes it in `results`.
    pub fn create(results: &Results) -> anyhow::Result<Self> {
        let path = results.dir.join(RUNS);
        let file = File::create(&path).context("cannot make runs.jsonl")?;
        Ok(Self {
            path,
            file,
            lost: 0,
        })
    }

    /// Adds a record.
    pub fn append(&mut self, record: &Record) -> anyhow::Result<()> {
        let line = serde_json::to_string(record)? + "\n";
        self.file
            .write_all(line.as_bytes())
            .context("cannot write runs.jsonl")
    }

    /// Puts aside the records of a guest that was lost and is being repeated.
    pub fn lose(&mut self) -> anyhow::Result<()> {
        self.lost += 1;
        fs::rename(
            &self.path,
            self.path
                .with_file_name(format!("runs.lost-{}.jsonl", self.lost)),
        )?;
        self.file = File::create(&self.path)?;
        Ok(())
    }
}

/// The time in UTC, as RFC 3339 writes it, to the second.
pub fn now() -> String {
    humantime::format_rfc3339_seconds(SystemTime::now()).to_string()
}

fn fresh(root: &Path, name: &str) -> anyhow::Result<PathBuf> {
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

/// Why the directory is not complete, if it is not.
pub fn incomplete(dir: &Path) -> Option<String> {
    let why = fs::read_to_string(dir.join(INCOMPLETE)).ok()?;
    Some(why.trim_end().to_string())
}

/// Reads the records of a directory.
pub fn records(dir: &Path) -> anyhow::Result<Vec<Record>> {
    let path = dir.join(RUNS);
    let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let lines = text.lines().enumerate();
    lines
        .map(|(i, line)| {
            serde_json::from_str(line).with_context(|| format!("{} line {}", path.display(), i + 1))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_is_incomplete_until_it_is_completed() {
        let root = tempfile::tempdir().unwrap();
        let results = Results::create(root.path(), "t").unwrap();
        assert!(incomplete(&results.dir).unwrap().contains("cut short"));
        results.complete().unwrap();
        assert_eq!(incomplete(&results.dir), None);
    }

    #[test]
    fn a_directory_is_named_after_the_time_and_the_experiment() {
        let root = tempfile::tempdir().unwrap();
        let results = Results::create(root.path(), "t").unwrap();
        let name = results.dir.file_name().unwrap().to_str().unwrap();
        let shape = regex_lite::Regex::new(r"^\d{4}-\d\d-\d\d-\d{6}-t$").unwrap();
        assert!(shape.is_match(name), "{name}");
    }

    #[test]
    fn two_in_one_second_do_not_share_a_directory() {
        let root = tempfile::tempdir().unwrap();
        let one = fresh(root.path(), "same").unwrap();
        assert_ne!(one, fresh(root.path(), "same").unwrap());
    }

    #[test]
    fn latest_follows_the_newest() {
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
