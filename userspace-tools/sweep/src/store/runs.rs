// SPDX-License-Identifier: GPL-2.0

//! The file of records, `runs.jsonl`: reading and appending.

use std::{
    fs::{self, File},
    io::{ErrorKind, Write},
    path::{Path, PathBuf},
};

use anyhow::{anyhow, Context};

use crate::store::{
    directory::{PROVENANCE, RUNS},
    file,
    record::Record,
};

/// The records of a directory, and whether the file ends with an incomplete line, which is ignored: a
/// result may still be running, or was killed.
fn read(path: &Path) -> anyhow::Result<(Vec<Record>, bool)> {
    let text = match fs::read_to_string(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
        text => text.with_context(|| path.display().to_string())?,
    };
    let whole = &text[..text.rfind('\n').map_or(0, |end| end + 1)];
    let records = whole.lines().enumerate().map(|(i, line)| {
        serde_json::from_str(line).map_err(|error| {
            let (path, line) = (path.display(), i + 1);
            anyhow!(
                "cannot read {path} line {line}: {error}. Try: the sweep of the commit that {PROVENANCE} \
                 beside it names, or run the experiment again"
            )
        })
    });
    Ok((
        records.collect::<anyhow::Result<_>>()?,
        whole.len() < text.len(),
    ))
}

/// The records of a directory.
pub fn records(dir: &Path) -> anyhow::Result<Vec<Record>> {
    Ok(read(&dir.join(RUNS))?.0)
}

fn text(records: &[Record]) -> anyhow::Result<String> {
    let mut text = String::new();
    for record in records {
        text += &serde_json::to_string(record)?;
        text.push('\n');
    }
    Ok(text)
}

/// The file of records, open for appending.
#[derive(Debug)]
pub struct Runs {
    path: PathBuf,
    file: File,
    records: Vec<Record>,
    set_aside: u32,
}

impl Runs {
    /// Opens it in `dir`, with the existing records; an incomplete last line is removed.
    pub fn open(dir: &Path) -> anyhow::Result<Self> {
        let path = dir.join(RUNS);
        let (records, is_cut) = read(&path)?;
        let exists = |n: &u32| dir.join(format!("runs.lost-{n}.jsonl")).exists();
        let mut runs = Self {
            file: File::options().create(true).append(true).open(&path)?,
            path,
            records,
            set_aside: (1..).take_while(exists).count() as u32,
        };
        if is_cut {
            runs.rewrite()?;
        }
        Ok(runs)
    }

    /// All records so far.
    pub fn records(&self) -> &[Record] {
        &self.records
    }

    /// All records, at the end.
    pub fn into_records(self) -> Vec<Record> {
        self.records
    }

    /// Adds a record.
    pub fn append(&mut self, record: Record) -> anyhow::Result<()> {
        let line = text(std::slice::from_ref(&record))?;
        let written = self.file.write_all(line.as_bytes());
        written.with_context(|| format!("cannot write {}", self.path.display()))?;
        self.records.push(record);
        Ok(())
    }

    /// Moves all but the first `kept` records, those of a simulated boot that is made again, to another file.
    pub fn set_aside(&mut self, kept: usize) -> anyhow::Result<()> {
        self.set_aside += 1;
        let name = format!("runs.lost-{}.jsonl", self.set_aside);
        let retried = self.records.split_off(kept);
        file::write(&self.path.with_file_name(name), &text(&retried)?)?;
        self.rewrite()
    }

    fn rewrite(&mut self) -> anyhow::Result<()> {
        file::write(&self.path, &text(&self.records)?)?;
        self.file = File::options().append(true).open(&self.path)?;
        Ok(())
    }
}
