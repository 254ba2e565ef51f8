// SPDX-License-Identifier: GPL-2.0

//! Standard output, flushed line by line.

use std::io::{stdout, Write};

use anyhow::{Context, Result};

pub fn print(text: &str) -> Result<()> {
    let mut out = stdout().lock();
    writeln!(out, "{text}")
        .and_then(|()| out.flush())
        .context("cannot write to standard output")
}
