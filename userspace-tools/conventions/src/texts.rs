// SPDX-License-Identifier: GPL-2.0

//! The texts that people read: sources, documents, data and scripts of the checkout.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::root;

/// Folders that hold nothing of ours to read: what was built, and recorded output.
const SKIPPED: &[&str] = &["target", "fixtures", "build"];
const SUFFIXES: &[&str] = &["rs", "c", "h", "md", "toml", "txt", "css", "js", "svg"];

/// Every text below `rust_modules`, `userspace-tools` and `scripts`, and those of the top level.
pub fn texts() -> Vec<PathBuf> {
    let root = root();
    let mut all = vec![root.join("README.md"), root.join("Makefile")];
    for folder in ["rust_modules", "userspace-tools", "scripts"] {
        below(&root.join(folder), &mut all);
    }
    all.sort();
    all
}

fn below(dir: &Path, to: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(dir).expect("the checkout has this folder");
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        let name = path.file_name().and_then(|n| n.to_str()).unwrap_or("");
        if path.is_dir() {
            if !SKIPPED.contains(&name) && !name.starts_with('.') {
                below(&path, to);
            }
            continue;
        }
        match path.extension().and_then(|e| e.to_str()) {
            Some(suffix) if SUFFIXES.contains(&suffix) => to.push(path),
            None if dir.ends_with("scripts") || name == "Kbuild" => to.push(path),
            _ => {}
        }
    }
}

/// A line in lower-case words with one blank around each, names split: `halt_deaf`, `HaltDeaf` and
/// "Halt deaf" are all ` halt deaf `.
pub fn words(line: &str) -> String {
    let mut words = String::from(" ");
    let mut before = ' ';
    for c in line.chars() {
        if !c.is_ascii_alphabetic() {
            if !words.ends_with(' ') {
                words.push(' ');
            }
        } else {
            if c.is_ascii_uppercase() && before.is_ascii_lowercase() {
                words.push(' ');
            }
            words.push(c.to_ascii_lowercase());
        }
        before = c;
    }
    words.push(' ');
    words
}
