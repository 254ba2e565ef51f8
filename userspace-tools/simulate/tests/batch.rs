// SPDX-License-Identifier: GPL-2.0

//! Command line of `simulate`.

use std::{
    fs,
    io::Write,
    path::Path,
    process::{Command, Output, Stdio},
};

/// `simulate WORDS` in `dir`, given these lines.
fn simulate(dir: &Path, words: &str, lines: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_simulate"));
    command
        .args(words.split_ascii_whitespace())
        .current_dir(dir);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // One that refuses its command line reads nothing.
    let _ = child.stdin.take().unwrap().write_all(lines.as_bytes());
    child.wait_with_output().unwrap()
}

fn batch(words: &str, lines: &str) -> Vec<serde_json::Value> {
    let output = simulate(Path::new("."), &format!("batch {words}"), lines);
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

const LINE: &str = "lock-load lock=ttas threads=4 run_ms=20\n";

#[test]
fn seed_of_a_run_depends_on_the_runs_of_the_same_line_alone() {
    let alone = batch("--seed 2", &LINE.repeat(2));
    let other = "lock-load lock=ticket threads=4 run_ms=5\n";
    let among = batch("--seed 2", &format!("{other}{LINE}{other}{LINE}"));
    for (one, same) in [(0, 1), (1, 3)] {
        assert_eq!(alone[one]["sum"], among[same]["sum"]);
    }
    assert_ne!(alone[0]["sum"], alone[1]["sum"]);
    let next = batch("--seed 3", LINE);
    assert!(next[0]["sum"] != alone[0]["sum"] && next[0]["sum"] != alone[1]["sum"]);
}

#[test]
fn guest_has_no_more_threads_than_vcpus_and_its_lock_is_of_its_mode() {
    let lines = "lock-load threads=4 run_ms=1\nlock-load threads=3 run_ms=1 mode=pv\n";
    let records = batch("--vcpus 3 --mode tas", lines);
    let error = |n: usize| records[n]["error"].as_str().unwrap_or_default().to_owned();
    assert!(error(0).contains("threads=4"), "{}", error(0));
    assert!(
        error(1).contains("cannot run with mode=pv: the guest's is tas"),
        "{}",
        error(1)
    );
    let tas = batch("--mode tas", "lock-load lock=kernel/raw_spin run_ms=1\n");
    assert_eq!(
        tas[0]["machine"]["kernel_lock"], "test-and-set",
        "{}",
        tas[0]["machine"]
    );
}

#[test]
fn costs_are_named_or_a_file_and_one_that_is_unknown_is_usage() {
    let dir = tempfile::tempdir().unwrap();
    let costs = toml::to_string(&machine::Costs {
        pause: 4_500,
        ..machine::Costs::default()
    });
    let folder = dir.path().join("scripts/costs");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("slow.toml"), costs.unwrap()).unwrap();
    let run = |costs: &str| {
        let output = simulate(dir.path(), &format!("batch --costs {costs}"), LINE);
        (
            output.status.code(),
            output.stdout,
            String::from_utf8(output.stderr).unwrap(),
        )
    };
    let (default, slow) = (run("default"), run("slow"));
    assert_eq!(
        (default.0, slow.0),
        (Some(0), Some(0)),
        "{}{}",
        default.2,
        slow.2
    );
    assert_ne!(default.1, slow.1);
    assert_eq!(run("scripts/costs/slow.toml").1, slow.1);
    let (code, _, why) = run("fast");
    assert_eq!(code, Some(2), "{why}");
    assert!(
        why.contains("cannot read the costs in scripts/costs/fast.toml"),
        "{why}"
    );
    fs::write(folder.join("bad.toml"), "pause = 1").unwrap();
    assert_eq!(run("bad").0, Some(2));
}

#[test]
fn hog_without_a_cpu_is_a_wrong_command_line() {
    for command in ["run", "batch"] {
        let output = simulate(Path::new("."), &format!("{command} --cpus 2 --hog 9"), LINE);
        let why = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{why}");
        assert!(
            why.contains("no such CPU (9; allowed: 0-1). Try: --cpus 10"),
            "{why}"
        );
        assert!(output.stdout.is_empty());
    }
}
