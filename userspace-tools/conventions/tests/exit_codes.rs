// SPDX-License-Identifier: GPL-2.0

//! One exit code for each meaning: every tool takes its codes, and its help their table, from `exit-code`.

use std::{fs, path::Path};

use conventions::{crates::userspace, root, texts::texts};

/// Programs that the user does not call, and `vm`, which passes the code of its command on.
const OTHERS: [&str; 3] = ["guest", "l1", "vm"];

/// The sources of a crate as one text.
fn sources(dir: &Path) -> String {
    let mine = texts().into_iter().filter(|path| path.starts_with(dir));
    mine.map(|path| fs::read_to_string(path).unwrap()).collect()
}

/// What a tool with these sources does otherwise.
fn faults(name: &str, sources: &str) -> Vec<String> {
    let mut faults = Vec::new();
    // The tools of the modules share `debugfs::tool`.
    if !sources.contains("exit_code::help()") && !sources.contains("debugfs::tool_main!") {
        faults.push(format!("{name}: its help lacks `exit_code::help()`"));
    }
    let has_number = |call: &str| {
        let mut after = sources.split(call).skip(1);
        after.any(|text| text.starts_with(|c: char| c.is_ascii_digit()))
    };
    for own in ["ExitCode::FAILURE", "ExitCode::SUCCESS"] {
        if sources.contains(own) {
            faults.push(format!("{name}: `{own}` is an exit code of its own"));
        }
    }
    if has_number("ExitCode::from(") || has_number(" exit(") || has_number("::exit(") {
        faults.push(format!("{name}: a number is an exit code of its own"));
    }
    faults
}

#[test]
fn tools_have_the_exit_codes_of_one_table() {
    let tools = userspace().into_iter().filter(|one| one.is_program);
    let tools = tools.filter(|one| !OTHERS.contains(&one.name.as_str()));
    let mut checked: Vec<(String, _)> = tools.map(|one| (one.name, one.root)).collect();
    assert_eq!(checked.len(), 10, "{checked:?}");
    checked.push((
        "debugfs".into(),
        root().join("userspace-tools/debugfs/src/lib.rs"),
    ));
    let faults: Vec<String> = checked
        .iter()
        .flat_map(|(name, file)| faults(name, &sources(file.parent().unwrap())))
        .collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn a_tool_with_a_code_of_its_own_is_found() {
    assert_eq!(faults("planted", "ExitCode::from(7); exit(1)").len(), 2);
    assert_eq!(
        faults("planted", "exit_code::help(); Exit::Fail.into()").len(),
        0
    );
}
