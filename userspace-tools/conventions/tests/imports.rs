// SPDX-License-Identifier: GPL-2.0

//! Arrows go down: no circle of imports in any crate, and nothing imports the root of a program.

use std::path::Path;

use conventions::{
    crates::{kernel, userspace, Crate},
    cycles::cycles,
    imports::imports,
    root,
};

fn name(path: &Path) -> String {
    let root = root();
    path.strip_prefix(&root)
        .unwrap_or(path)
        .display()
        .to_string()
}

/// One line for each circle of `of`, and for each import of its root if that is a program's.
fn faults(of: &Crate) -> Vec<String> {
    let imports = imports(&of.root);
    let mut faults = Vec::new();
    for circle in cycles(&imports) {
        let mut fault = format!("{}: a circle of {} files:", of.name, circle.len());
        for file in &circle {
            let inside = imports[file].iter().filter(|(to, _)| circle.contains(*to));
            for (to, path) in inside {
                fault += &format!("\n    {} -> {} ({path})", name(file), name(to));
            }
        }
        faults.push(fault);
    }
    for (file, targets) in imports.iter().filter(|_| of.is_program) {
        if let Some(path) = targets.get(&of.root) {
            faults.push(format!("{} imports {path} from its root", name(file)));
        }
    }
    faults
}

fn none(crates: Vec<Crate>) {
    assert!(crates.len() > 5, "the crates of the tree were not found");
    let faults: Vec<String> = crates.iter().flat_map(faults).collect();
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

#[test]
fn userspace_crates_have_no_circles_and_import_no_program_root() {
    none(userspace());
}

#[test]
fn kernel_crates_have_no_circles_and_import_no_module_root() {
    none(kernel());
}

#[test]
fn a_circle_and_an_import_of_the_root_are_found() {
    let dir = std::env::temp_dir().join(format!("conventions-{}", std::process::id()));
    std::fs::create_dir_all(dir.join("a")).unwrap();
    let write = |file: &str, text: &str| std::fs::write(dir.join(file), text).unwrap();
    write(
        "main.rs",
        "mod a;\nmod b;\npub struct Root;\nfn main() { b::go() }",
    );
    write("a.rs", "mod deep;\npub use self::deep::Deep;\n");
    write("a/deep.rs", "pub struct Deep;\nfn f() { crate::b::go() }\n");
    write(
        "b.rs",
        "use crate::a::Deep;\npub fn go() { let _ = (crate::Root, Deep); }\n",
    );
    let planted = Crate {
        name: "planted".into(),
        root: dir.join("main.rs"),
        is_program: true,
    };
    let faults = faults(&planted);
    std::fs::remove_dir_all(&dir).unwrap();
    assert_eq!(faults.len(), 2, "{faults:#?}");
    assert!(faults[0].contains("a circle of 2 files") || faults[0].contains("a circle of 3 files"));
    assert!(faults[1].contains("imports crate::Root from its root"));
}
