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
    crates("rust_modules", |name| vec![format!("{name}.rs")])
}

/// The userspace crates: programs have `src/main.rs`, libraries `src/lib.rs`.
pub fn userspace() -> Vec<Crate> {
    let roots = ["src/main.rs", "src/lib.rs"].map(String::from);
    crates("userspace-tools", |_| roots.to_vec())
}

fn crates(under: &str, roots: impl Fn(&str) -> Vec<String>) -> Vec<Crate> {
    let folders = fs::read_dir(root().join(under)).expect("the checkout has this folder");
    let mut crates = Vec::new();
    for dir in folders.filter_map(|entry| Some(entry.ok()?.path())) {
        let name = dir.file_name().unwrap_or_default().to_string_lossy();
        for root in roots(&name).iter().map(|file| dir.join(file)) {
            if let Ok(text) = fs::read_to_string(&root) {
                let is_program = root.ends_with("main.rs") || text.contains("\nmodule! {");
                let name = name.to_string();
                crates.push(Crate {
                    name,
                    root,
                    is_program,
                });
            }
        }
    }
    crates.sort_by(|a, b| a.root.cmp(&b.root));
    crates
}
