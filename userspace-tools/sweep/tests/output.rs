// SPDX-License-Identifier: GPL-2.0

//! Standard output that takes nothing is an error with a reason, not a panic.

use std::{
    fs::File,
    process::{Command, Stdio},
};

#[test]
fn a_full_disk_is_said_and_fails_the_command() {
    let full = File::options().write(true).open("/dev/full").unwrap();
    let experiment = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../scripts/experiments/demo.toml"
    );
    let output = Command::new(env!("CARGO_BIN_EXE_sweep"))
        .args(["run", "--dry-run", experiment])
        .stdout(Stdio::from(full))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("cannot write to standard output"), "{said}");
}
