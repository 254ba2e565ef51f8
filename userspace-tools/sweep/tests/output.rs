// SPDX-License-Identifier: GPL-2.0

//! Standard output that cannot be written is an error, not a panic.

use std::{
    fs::File,
    process::{Command, Stdio},
};

#[test]
fn full_disk_fails_the_command_with_a_reason() {
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
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(4), "{error}");
    assert!(error.contains("cannot write to standard output"), "{error}");
}
