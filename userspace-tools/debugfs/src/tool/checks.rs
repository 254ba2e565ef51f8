// SPDX-License-Identifier: GPL-2.0

//! Output of a list of checks: text, KTAP, or one line of JSON for each check and one for the counts.

use std::{
    io::{self, IsTerminal},
    path::Path,
};

use clap::Args;
use results::{ktap, Case, Counts, Report, Verdict};

use super::say;
use crate::Module;

/// Output for programs.
#[derive(Args, Clone, Copy, Debug, Default)]
pub struct Output {
    /// Print KTAP, version 1
    #[arg(long, global = true, conflicts_with = "json")]
    pub ktap: bool,
    /// Print a line of JSON for each check, and last one with the counts
    #[arg(long, global = true)]
    pub json: bool,
}

/// The checks made so far, and the form of the output.
pub struct Checks {
    output: Output,
    planned: usize,
    made: Vec<Case>,
}

impl Checks {
    /// Opens the module to be checked; if that fails, the output is that of [`Self::refuse`].
    pub fn open<R: Report>(output: Output, root: &Path) -> anyhow::Result<Module<R>> {
        let opened = Module::open(root).map_err(anyhow::Error::from);
        if let Err(error) = &opened {
            Self::refuse(output, error)?;
        }
        opened
    }

    /// Begins the output of `planned` checks.
    pub fn begin(output: Output, planned: usize) -> io::Result<Self> {
        if output.ktap {
            say(&format!("KTAP version 1\n1..{planned}"))?;
        }
        Ok(Self {
            output,
            planned,
            made: Vec::new(),
        })
    }

    /// Ends, with `error`, a list that could not be begun.
    pub fn refuse(output: Output, error: &anyhow::Error) -> io::Result<()> {
        let why = format!("{error:#}");
        match output {
            Output { json: true, .. } => say(&Counts::none(why).to_json()),
            Output { ktap: true, .. } => {
                say(&ktap(&[Case::new("begin", Verdict::NotMeasured, why)]))
            }
            Output { .. } => Ok(()),
        }
    }

    /// Shows the current check on a terminal.
    pub fn now(&self, name: &str) {
        if io::stderr().is_terminal() {
            eprint!("\r\x1b[K[{}/{}] {name}", self.made.len() + 1, self.planned);
        }
    }

    /// Adds a check that was made; `line` is its text, where it has one of its own.
    pub fn add(&mut self, case: Case, line: &str) -> io::Result<()> {
        let line = match self.output {
            Output { json: true, .. } => case.to_json(),
            Output { ktap: true, .. } => case.to_ktap(self.made.len() + 1),
            Output { .. } => line.into(),
        };
        self.made.push(case);
        match line.is_empty() {
            true => Ok(()),
            false => say(&line),
        }
    }

    /// Ends the output with the counts, which have the verdict; `table` is the text of all checks.
    pub fn end(self, table: fn(&[Case]) -> String) -> io::Result<Counts> {
        if io::stderr().is_terminal() {
            eprint!("\r\x1b[K");
        }
        let counts = Counts::of(&self.made);
        say(&match self.output {
            Output { json: true, .. } => counts.to_json(),
            Output { ktap: true, .. } => counts.to_ktap(),
            Output { .. } => format!("{}{counts}", table(&self.made)),
        })?;
        Ok(counts)
    }
}

/// No text of all checks: each has had a line.
pub fn no_table(_: &[Case]) -> String {
    String::new()
}
