// SPDX-License-Identifier: GPL-2.0

//! Man pages and shell completions, from the definition that parses the command line.
//!
//! A program calls [`write`] in a test, so that its release build holds nothing of this;
//! `make docs` runs these tests with `SLOWPATH_DOCS` set to the folder that keeps the files.

#![forbid(unsafe_code)]

use std::{
    env,
    fs::{create_dir_all, read_to_string},
    io::Result,
    path::{Path, PathBuf},
};

use clap::Command;
use clap_complete::Shell;

/// Writes `man/NAME.1`, one page more for each subcommand, and `completions/` for bash, fish and
/// zsh, into `$SLOWPATH_DOCS`, or into a folder that is removed again.
///
/// # Panics
///
/// If a file cannot be written, or a page lacks the name of its program.
pub fn write(command: Command) {
    let kept = env::var_os("SLOWPATH_DOCS").map(PathBuf::from);
    let scratch = tempfile::tempdir().expect("a temporary folder can be made");
    let dir = kept.as_deref().unwrap_or(scratch.path());
    let name = command.get_name().to_string();
    files(command, dir).expect("the documentation can be written");
    let page = read_to_string(dir.join(format!("man/{name}.1"))).unwrap_or_default();
    assert!(page.contains(".SH SYNOPSIS"), "no man page of {name}");
}

fn files(command: Command, dir: &Path) -> Result<()> {
    let mut command = without_help(command);
    let (man, completions) = (dir.join("man"), dir.join("completions"));
    create_dir_all(&man)?;
    create_dir_all(&completions)?;
    let name = command.get_name().to_string();
    for shell in [Shell::Bash, Shell::Fish, Shell::Zsh] {
        clap_complete::generate_to(shell, &mut command, &name, &completions)?;
    }
    clap_mangen::generate_to(command, &man)
}

/// The command without `help`, which would have a page for each of its own subcommands.
fn without_help(command: Command) -> Command {
    let command = command.disable_help_subcommand(true);
    command.mut_subcommands(without_help)
}
