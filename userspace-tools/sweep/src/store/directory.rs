// SPDX-License-Identifier: GPL-2.0

//! A result directory: everything about one run of an experiment, marked until it is whole.

use std::{
    fs::{self, File},
    io::{ErrorKind, Write},
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    time::SystemTime,
};

use anyhow::{ensure, Context};

use crate::store::record::Record;

/// Parent of result directories.
pub const ROOT: &str = "build/results";
/// The newest complete result.
pub const LATEST: &str = "build/results/latest";
/// The file whose presence says that the rest is not to be trusted, and why.
pub const INCOMPLETE: &str = "INCOMPLETE";
/// What it says as long as nobody knows better.
pub const UNDER_WAY: &str = "under way, or cut short without a word";
/// The version of what a result directory holds.
pub const SCHEMA: u32 = 2;
/// The experiment's file, as it was.
pub const EXPERIMENT: &str = "experiment.toml";
/// The plan, as guests are given it, a line for each run.
pub const PLAN: &str = "plan.txt";
/// The whole plan, to be gone on with.
pub const PLAN_JSON: &str = "plan.json";
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
        results.mark(UNDER_WAY)?;
        Ok(results)
    }

    /// Takes up one that is there.
    pub fn resume(dir: &Path) -> Self {
        Self { dir: dir.into() }
    }

    /// A directory in it for what belongs to one boot.
    pub fn boot(&self, number: usize) -> anyhow::Result<PathBuf> {
        let dir = self.dir.join(format!("boot-{number}"));
        fs::create_dir_all(&dir).with_context(|| format!("cannot make {}", dir.display()))?;
        Ok(dir)
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
    records: Vec<Record>,
    lost: u32,
}

impl Runs {
    /// Opens it in `dir`, with the records that are there; a line that was cut short is none.
    pub fn open(dir: &Path) -> anyhow::Result<Self> {
        let path = dir.join(RUNS);
        let text = match fs::read_to_string(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
            text => text.with_context(|| path.display().to_string())?,
        };
        let whole = &text[..text.rfind('\n').map_or(0, |end| end + 1)];
        let records = parse(&path, whole)?;
        let lost = |n: &u32| dir.join(format!("runs.lost-{n}.jsonl")).exists();
        let mut runs = Self {
            file: File::options().create(true).append(true).open(&path)?,
            path,
            records,
            lost: (1..).take_while(lost).count() as u32,
        };
        if whole.len() < text.len() {
            runs.rewrite()?;
        }
        Ok(runs)
    }

    /// All records so far.
    pub fn records(&self) -> &[Record] {
        &self.records
    }

    /// Adds a record.
    pub fn append(&mut self, record: Record) -> anyhow::Result<()> {
        self.file
            .write_all(line(&record)?.as_bytes())
            .context("cannot write runs.jsonl")?;
        self.records.push(record);
        Ok(())
    }

    /// Puts aside all but the first `kept` records: those of a guest that was lost.
    pub fn lose(&mut self, kept: usize) -> anyhow::Result<()> {
        self.lost += 1;
        let name = format!("runs.lost-{}.jsonl", self.lost);
        let lost = self.records.split_off(kept);
        let text: String = lost.iter().map(line).collect::<anyhow::Result<_>>()?;
        fs::write(self.path.with_file_name(name), text)?;
        self.rewrite()
    }

    fn rewrite(&mut self) -> anyhow::Result<()> {
        let text: String = self
            .records
            .iter()
            .map(line)
            .collect::<anyhow::Result<_>>()?;
        let new = self.path.with_extension("new");
        fs::write(&new, text)?;
        fs::rename(&new, &self.path)?;
        self.file = File::options().append(true).open(&self.path)?;
        Ok(())
    }
}

fn line(record: &Record) -> anyhow::Result<String> {
    Ok(serde_json::to_string(record)? + "\n")
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
    let text = match fs::read_to_string(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
        text => text.with_context(|| path.display().to_string())?,
    };
    // The last line of a result that is under way, or was cut short, may not be whole.
    let whole = text.rfind('\n').map_or(0, |end| end + 1);
    parse(&path, &text[..whole])
}

fn parse(path: &Path, text: &str) -> anyhow::Result<Vec<Record>> {
    let lines = text.lines().enumerate();
    lines
        .map(|(i, line)| {
            let at = || format!("{} line {}", path.display(), i + 1);
            let value: serde_json::Value = serde_json::from_str(line).with_context(at)?;
            let (theirs, ours) = (value["schema"].as_u64(), u64::from(crate::store::record::SCHEMA));
            ensure!(
                theirs.is_none_or(|theirs| theirs == ours),
                "{}: a record of schema {}, but this sweep reads schema {ours}; take the sweep of the commit \
                 that {} beside it names, or run the experiment again",
                at(),
                theirs.unwrap_or_default(),
                crate::store::provenance::FILE
            );
            serde_json::from_value(value).with_context(at)
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
