// SPDX-License-Identifier: GPL-2.0

//! Definition of a tool: its report, its own commands, its texts.

use std::{convert::Infallible, path::Path, sync::atomic::AtomicBool};

use clap::Subcommand;
use results::{AnyReport, Cell, Report, Verdict};

use crate::Dir;

/// What a tool adds to the common command line.
pub trait Tool: Sized {
    /// The report of its module.
    type Report: Report + Into<AnyReport>;
    /// Its own commands; `Infallible` for none.
    type Own: Own;
    /// Its purpose, in one line.
    const ABOUT: &'static str;
    /// Example commands, complete as they stand.
    const EXAMPLES: &'static str;
    /// Formats one run.
    const SHOW: fn(&Self::Report) -> String;
    /// Formats the table of a sweep.
    const COMPARE: fn(&[Cell<Self::Report>]) -> String;

    /// Output forms of a run besides [`Self::show`].
    fn forms() -> Vec<Form<Self::Report>> {
        Vec::new()
    }

    /// Text that `list` prints below the settings.
    fn notes() -> String {
        String::new()
    }

    /// Shows the progress of a run on a terminal until it has `ended`.
    fn live(_dir: &Dir, _ended: &AtomicBool) {}
}

/// Commands of one tool.
pub trait Own: Subcommand {
    /// Executes the command with debugfs at `root`; a command that judges nothing returns PASS.
    fn obey(self, root: &Path) -> anyhow::Result<Verdict>;
}

impl Own for Infallible {
    fn obey(self, _: &Path) -> anyhow::Result<Verdict> {
        match self {}
    }
}

/// An output form of a run.
pub struct Form<R> {
    /// The flag, without its dashes.
    pub name: &'static str,
    /// Its help.
    pub help: &'static str,
    /// Formats a run.
    pub show: fn(&R) -> String,
}

/// The settings of a tool's module.
pub type ConfigOf<T> = <<T as Tool>::Report as Report>::Config;
