// SPDX-License-Identifier: GPL-2.0

//! Standard output: a full disk or a reader that has gone is an error, not a panic.

use std::fmt::Display;
use std::io::{self, Write};

use anyhow::{Context, Result};

/// Prints a text and ends its line.
pub fn say(text: impl Display) -> Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{text}")
        .and_then(|()| out.flush())
        .context("cannot write to standard output")
}
