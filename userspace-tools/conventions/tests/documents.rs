// SPDX-License-Identifier: GPL-2.0

//! The modules' READMEs hold every setting and every key of a report as `abi` documents them.
//! `SLOWPATH_WRITE=1 cargo test -p conventions --test documents` brings them up to date.

use std::{env, fs};

use conventions::{
    documents::{documents, replaced},
    root,
};

#[test]
fn module_readmes_hold_the_documentation_of_abi() {
    let mut stale = Vec::new();
    for document in documents() {
        let path = root().join(document.file);
        let old = fs::read_to_string(&path).unwrap_or_default();
        let new = replaced(&old, "settings", &document.settings)
            .and_then(|text| replaced(&text, "report", &document.report))
            .unwrap_or_else(|| panic!("{}: lacks its two markers", document.file));
        if new != old {
            stale.push(document.file);
            if env::var_os("SLOWPATH_WRITE").is_some() {
                fs::write(&path, new).unwrap();
            }
        }
    }
    assert!(
        stale.is_empty() || env::var_os("SLOWPATH_WRITE").is_some(),
        "stale: {stale:?}. Try: SLOWPATH_WRITE=1 cargo test -p conventions --test documents"
    );
}

#[test]
fn readme_of_the_tools_holds_the_exit_codes() {
    let file = root().join("userspace-tools/README.md");
    let old = fs::read_to_string(&file).unwrap();
    let new = replaced(&old, "exit codes", &exit_code::table()).expect("it has the marker");
    if env::var_os("SLOWPATH_WRITE").is_some() {
        fs::write(&file, &new).unwrap();
    } else {
        assert_eq!(new, old, "stale. Try: SLOWPATH_WRITE=1");
    }
}

#[test]
fn readme_is_read_within_minutes() {
    let text = fs::read_to_string(root().join("README.md")).unwrap();
    assert!(text.lines().count() <= 120, "allowed: 120 lines");
}

#[test]
fn a_table_is_replaced_between_its_markers() {
    let text = "a\n<!-- settings: by x -->\nold\n<!-- end -->\nb";
    let new = replaced(text, "settings", "new\n").unwrap();
    assert_eq!(new, "a\n<!-- settings: by x -->\nnew\n<!-- end -->\nb");
    assert_eq!(replaced(text, "report", "new"), None);
}
