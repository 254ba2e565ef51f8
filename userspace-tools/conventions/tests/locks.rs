// SPDX-License-Identifier: GPL-2.0

//! What the modules do while they hold a lock.

use std::fs;

use conventions::{root, texts::texts};

/// A guard in an argument lives until the call returns: `drop((memory, state.lock().take()))` frees
/// the memory with the lock held.
#[test]
fn nothing_is_dropped_with_a_lock_held() {
    let (modules, mut found) = (root().join("rust_modules"), Vec::new());
    let rust = |path: &std::path::PathBuf| {
        path.starts_with(&modules) && path.extension().is_some_and(|e| e == "rs")
    };
    for path in texts().into_iter().filter(rust) {
        let text = fs::read_to_string(&path).unwrap();
        let drops = text.match_indices(" drop(").map(|(at, _)| &text[at..]);
        let held = drops.filter(|drop| {
            let statement = drop.split(';').next().unwrap_or(drop);
            statement.contains(".lock()") && !statement.contains("&mut self")
        });
        let held = held.filter_map(|drop| drop.lines().next());
        found.extend(held.map(|line| format!("{}: {line}", path.display())));
    }
    assert!(found.is_empty(), "freed under a lock: {found:#?}");
}
