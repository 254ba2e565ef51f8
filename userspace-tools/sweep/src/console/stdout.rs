// SPDX-License-Identifier: GPL-2.0

//! Standard output, where a full disk or a closed reader is an error, not a panic.

use std::fmt::Display;
use std::io::{self, Write};

use anyhow::{Context, Result};

/// Prints a text and a newline.
pub fn print_line(text: impl Display) -> Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{text}")
        .and_then(|()| out.flush())
        .context("cannot write to standard output")
}
