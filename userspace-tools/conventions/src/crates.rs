// SPDX-License-Identifier: GPL-2.0

//! The crates of the tree.

use std::{fs, path::PathBuf};

use crate::root;

/// One crate.
#[derive(Debug)]
pub struct Crate {
    /// Its folder's name.
    pub name: String,
    /// The file of its root module.
    pub root: PathBuf,
    /// Whether the root is that of a program or of a kernel module: a table of contents from which
    /// nothing may be imported.
    pub is_program: bool,
}

/// The kernel crates: `rust_modules/NAME/NAME.rs`.
pub fn kernel() -> Vec<Crate> {
    let candidates = folders("rust_modules").into_iter().map(|(name, dir)| {
        let root = dir.join(format!("{name}.rs"));
        let text = fs::read_to_string(&root).unwrap_or_default();
        let is_program = text.contains("\nmodule! {");
        Crate {
            name,
            root,
            is_program,
        }
    });
    candidates.filter(|c| c.root.is_file()).collect()
}

/// The userspace crates: programs have `src/main.rs`, libraries `src/lib.rs`.
pub fn userspace() -> Vec<Crate> {
    let mut crates = Vec::new();
    for (name, dir) in folders("userspace-tools") {
        for (file, is_program) in [("src/main.rs", true), ("src/lib.rs", false)] {
            let root = dir.join(file);
            if root.is_file() {
                let name = name.clone();
                crates.push(Crate {
                    name,
                    root,
                    is_program,
                });
            }
        }
    }
    crates
}

fn folders(under: &str) -> Vec<(String, PathBuf)> {
    let entries = fs::read_dir(root().join(under)).expect("the checkout has this folder");
    let mut folders: Vec<_> = entries
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let name = path.file_name()?.to_str()?.to_string();
            path.is_dir().then_some((name, path))
        })
        .collect();
    folders.sort();
    folders
}
