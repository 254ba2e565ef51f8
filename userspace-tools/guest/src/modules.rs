// SPDX-License-Identifier: GPL-2.0

//! Kernel modules of the image.

use std::fs::{self, File};
use std::path::Path;

use anyhow::{Context, Result};
use rustix::system::finit_module;
use wire::Modules;

const DIRECTORY: &str = "/lib/modules";

pub fn requested(modules: &Modules) -> Result<Vec<String>> {
    match modules {
        Modules::All => all(),
        Modules::Only(names) => Ok(names.clone()),
    }
}

pub fn load(name: &str) -> Result<()> {
    let path = Path::new(DIRECTORY).join(format!("{name}.ko"));
    let file = File::open(&path).with_context(|| {
        let there = all().unwrap_or_default().join(" ");
        format!("cannot open {}; allowed: {there}", path.display())
    })?;
    finit_module(&file, c"", 0).with_context(|| path.display().to_string())
}

fn all() -> Result<Vec<String>> {
    if !Path::new(DIRECTORY).exists() {
        return Ok(Vec::new());
    }
    let mut names = Vec::new();
    for entry in fs::read_dir(DIRECTORY).context(DIRECTORY)? {
        let name = entry.context(DIRECTORY)?.file_name();
        let name = name.to_string_lossy();
        names.extend(name.strip_suffix(".ko").map(str::to_owned));
    }
    names.sort();
    Ok(names)
}
