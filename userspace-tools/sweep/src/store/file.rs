// SPDX-License-Identifier: GPL-2.0

//! Files of a result, and those that a user names: written whole or not at all.

use std::path::Path;

use anyhow::Context;
use vm_record::write_whole;

/// Writes a file; the error names it.
pub fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    write_whole(path, text).with_context(|| format!("cannot write {}", path.display()))
}
