// SPDX-License-Identifier: GPL-2.0

//! The list of mutations: each changes a line that stands once in its file, so that none is skipped unseen.

use std::{collections::BTreeMap, fs};

use conventions::root;

const LIST: &str = "rust_modules/algo/tests/mistakes.txt";

/// What is wrong with the `list`, for files that `read` returns the text of.
fn faults(list: &str, read: impl Fn(&str) -> String) -> Vec<String> {
    let mut texts: BTreeMap<&str, String> = BTreeMap::new();
    let (mut file, mut old, mut found) = ("", "", Vec::new());
    for (at, line) in list.lines().enumerate() {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(line) = line.strip_prefix("- ") {
            old = line;
        } else if let Some(new) = line.strip_prefix("+ ") {
            let text = texts.entry(file).or_insert_with(|| read(file));
            let times = text.matches(old).count();
            if times != 1 || new == old {
                found.push(format!("{LIST}:{}: {file}: {times} times: {old}", at + 1));
            }
        } else {
            file = line.split(' ').next().unwrap_or(line);
        }
    }
    found
}

#[test]
fn each_mistake_changes_one_line() {
    let list = fs::read_to_string(root().join(LIST)).unwrap();
    let algo = root().join("rust_modules/algo");
    let found = faults(&list, |file| fs::read_to_string(algo.join(file)).unwrap());
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn mistakes_that_cannot_be_made_are_found() {
    let text = |_: &str| String::from("let a = 1;\nlet b = 1;\n");
    let faults = |mistake| faults(mistake, text).len();
    assert_eq!(faults("x.rs X\n- let a = 1;\n+ let a = 2;\n"), 0);
    assert_eq!(faults("x.rs X\n- let c = 1;\n+ let c = 2;\n"), 1);
    assert_eq!(faults("x.rs X\n- = 1;\n+ = 2;\n"), 1);
    assert_eq!(faults("x.rs X\n- let a = 1;\n+ let a = 1;\n"), 1);
}
