// SPDX-License-Identifier: GPL-2.0

//! Allocations of the modules whose size depends on settings or on the number of vCPUs: one that fails
//! is an error for a writer, and no trace in the kernel's log.

use std::fs;

use conventions::{root, texts::texts};

/// Calls that allocate as much as an argument says.
const SIZED: [&str; 6] = [
    "with_capacity(",
    ".reserve(",
    "extend_from_slice(",
    "pcpu_alloc_noprof(",
    "percpu_counter_init_many(",
    "percpu_ref_init(",
];

/// Whether a call in `text` that begins at `at` has the flag for a silent failure.
fn is_silent(text: &str, at: usize) -> bool {
    let call = text[at..].split(';').next().unwrap_or("");
    !call.contains("GFP_KERNEL") || call.contains("NOWARN") || call.contains("may_fail()")
}

#[test]
fn allocation_of_a_users_size_may_fail_silently() {
    let (modules, mut found) = (root().join("rust_modules"), Vec::new());
    let ours = |path: &std::path::PathBuf| path.starts_with(&modules);
    for path in texts().into_iter().filter(ours) {
        let text = fs::read_to_string(&path).unwrap();
        let calls = SIZED.iter().flat_map(|call| text.match_indices(call));
        let loud = calls.filter(|(at, _)| !is_silent(&text, *at));
        found.extend(loud.map(|(_, call)| format!("{}: {call}", path.display())));
    }
    assert!(found.is_empty(), "with GFP_KERNEL: {found:#?}");
}
