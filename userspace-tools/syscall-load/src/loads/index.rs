// SPDX-License-Identifier: GPL-2.0

//! Text indexer: which word is in which file.
//!
//! A stand-in for psearchy of MOSBENCH (Boyd-Wickizer et al., "An Analysis of Linux Scalability to Many Cores",
//! 2010). One operation is one file read and indexed; every 64 the index is written.

use std::{
    collections::HashMap,
    fmt::Write,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use fastrand::Rng;

use crate::load::{Place, Work};

// All workers read one set of files, each from another file on, and write an index of their own.
loads! {
    /// read and index small text files, write the index: open, page cache, memory, one file in turn
    index => prepare;
}

/// Files, and words in each.
const FILES: u32 = 256;
const WORDS: u32 = 400;

struct Index {
    files: PathBuf,
    to: PathBuf,
    next: u32,
    postings: HashMap<String, Vec<u32>>,
}

fn prepare(place: &Place<'_>) -> Result<Box<dyn Work>> {
    let files = place.shared.join("text");
    write_files(&files, place.worker)?;
    Ok(Box::new(Index {
        files,
        to: place.own.join("index"),
        next: place.worker * 37,
        postings: HashMap::new(),
    }))
}

/// Every worker writes the files, since it may be the first to need them; all write the same words.
fn write_files(to: &Path, worker: u32) -> Result<()> {
    fs::create_dir_all(to)?;
    for file in 0..FILES {
        let mut random = Rng::with_seed(file.into());
        let mut text = String::new();
        for _ in 0..WORDS {
            // Small numbers are drawn more often, as words are.
            write!(text, "w{} ", random.u32(..5000) * random.u32(..7) / 7)?;
        }
        let new = to.join(format!("new{worker}"));
        fs::write(&new, text)?;
        fs::rename(&new, to.join(file.to_string()))?;
    }
    Ok(())
}

impl Work for Index {
    fn batch(&mut self, times: u32) -> Result<()> {
        for _ in 0..times {
            self.next = self.next.wrapping_add(1);
            let file = self.next % FILES;
            let path = self.files.join(file.to_string());
            let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
            for word in text.split_ascii_whitespace() {
                match self.postings.get_mut(word) {
                    Some(files) => files.push(file),
                    None => drop(self.postings.insert(word.to_string(), vec![file])),
                }
            }
            if self.next % 64 == 0 {
                self.flush()?;
            }
        }
        Ok(())
    }
}

impl Index {
    fn flush(&mut self) -> Result<()> {
        let mut lines: Vec<_> = self.postings.drain().collect();
        lines.sort_unstable();
        let mut text = String::new();
        for (word, files) in &lines {
            writeln!(text, "{word} {files:?}")?;
        }
        fs::write(&self.to, text).with_context(|| self.to.display().to_string())
    }
}
