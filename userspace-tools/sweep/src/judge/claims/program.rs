// SPDX-License-Identifier: GPL-2.0

//! A program that a step runs on the host: its output is kept in files.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{bail, Context};

use crate::{
    console::interrupt::{self, Guarded},
    store::{directory::RESULTS, times::STARTED},
};

/// What a program left.
pub struct Ran {
    /// -1 if a signal ended it.
    pub exit: i32,
    pub stdout: Vec<u8>,
    /// Where its messages are.
    pub log: PathBuf,
}

/// `words` among the tools of the project: in the toolbox, unless this is in it or there is none.
pub fn in_toolbox(words: Vec<String>) -> Vec<String> {
    let toolbox = Path::new("scripts/toolbox");
    match std::env::var_os("SLOWPATH_TOOLBOX").is_none() && toolbox.is_file() {
        true => [toolbox.display().to_string()]
            .into_iter()
            .chain(words)
            .collect(),
        false => words,
    }
}

/// Runs `words`, and keeps what it prints in `dir` as `NAME.out` and `NAME.log`. Results that it makes go
/// into `dir`, too.
pub fn run(words: &[String], dir: &Path, name: &str) -> anyhow::Result<Ran> {
    let (program, arguments) = words.split_first().context("a command has no words")?;
    let file = |ending: &str| {
        let path = dir.join(format!("{name}.{ending}"));
        let file =
            File::create(&path).with_context(|| format!("cannot make {}", path.display()))?;
        anyhow::Ok((path, file))
    };
    let ((out, stdout), (log, stderr)) = (file("out")?, file("log")?);
    let mut child = Command::new(program)
        .args(arguments)
        .env(RESULTS, dir)
        .env_remove(STARTED)
        .env_remove("MAKEFLAGS")
        .env_remove("MAKELEVEL")
        .stdin(Stdio::null())
        .stdout(stdout)
        .stderr(stderr)
        .spawn()
        .with_context(|| format!("cannot start {program}"))?;
    let guarded = Guarded::new(&child);
    let status = child.wait()?;
    drop(guarded);
    if let Some(signal) = interrupt::signal() {
        bail!("interrupted (signal {signal})");
    }
    Ok(Ran {
        exit: status.code().unwrap_or(-1),
        stdout: fs::read(&out).with_context(|| format!("cannot read {}", out.display()))?,
        log,
    })
}
