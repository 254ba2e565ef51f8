// SPDX-License-Identifier: GPL-2.0

//! Every load runs, as processes and as threads; failures are reported.

use std::process::{Command, Output};

use serde_json::Value;

fn tool(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_syscall-load"));
    command.args(args).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn names() -> Vec<String> {
    let out = text(&tool(&["list"]).stdout);
    let name = |line: &str| Some(line.split_whitespace().next()?.to_string());
    let anywhere = out.lines().skip(2).take_while(|line| !line.is_empty());
    anywhere.filter_map(name).collect()
}

fn short(load: &str, kind: &str, workers: &str) -> Value {
    let times = ["--warm-up-ms", "5", "--run-ms", "100", "--json"];
    let run = ["run", load, "--as", kind, "--workers", workers];
    let out = tool(&[&run, &times[..]].concat());
    let stderr = text(&out.stderr);
    let sample: Value = serde_json::from_slice(&out.stdout).expect(&stderr);
    let code = match sample["verdict"].as_str() {
        Some("PASS") => 0,
        Some("INCONCLUSIVE") => 3,
        Some("NOT MEASURED") => 4,
        _ => panic!("{load} {kind}: {sample}: {stderr}"),
    };
    assert_eq!(out.status.code(), Some(code), "{load} {kind}: {stderr}");
    sample
}

#[test]
fn every_load_runs_as_processes_and_as_threads() {
    let names = names();
    assert!(names.len() > 20, "{names:?}");
    for name in &names {
        for kind in ["processes", "threads"] {
            // On a busy host a worker may be off its CPU for a whole window, but not for many.
            let worked = (0..8).any(|_| {
                let sample = short(name, kind, "2");
                let counted = sample["counted"].as_array().unwrap();
                assert_eq!(counted.len(), 2, "{sample}");
                counted
                    .iter()
                    .all(|one| one["operations"].as_u64() > Some(0))
                    && sample["verdict"] == "PASS"
            });
            assert!(worked, "{name} {kind}: a worker did nothing");
        }
    }
}

#[test]
fn profile_of_system_calls_is_of_the_kernel_or_says_what_it_takes() {
    let args = "run open_close --run-ms 300 --profile --json";
    let out = tool(&args.split(' ').collect::<Vec<_>>());
    if !out.status.success() {
        let error = text(&out.stderr);
        assert!(error.contains("cannot sample CPU"), "{error}");
        assert_eq!(out.status.code(), Some(4));
        return;
    }
    let sample: Value = serde_json::from_slice(&out.stdout).unwrap();
    let profile = &sample["profile"];
    let part = |name: &str| profile[name].as_f64().unwrap();
    assert!(profile["samples"].as_u64() > Some(0), "{sample}");
    assert!(part("kernel") > 0.0 && part("kernel") <= 1.0, "{sample}");
    assert!(part("clearing") + part("locks") <= part("kernel"));
}

#[test]
fn folder_of_a_run_is_removed() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().to_str().unwrap();
    let args = ["run", "creat_unlink", "--run-ms", "10", "--dir", path];
    // On a busy host the worker may be off its CPU for all of it.
    assert!(matches!(tool(&args).status.code(), Some(0 | 4)));
    assert_eq!(std::fs::read_dir(path).unwrap().count(), 0);
}

#[test]
fn unknown_load_is_a_usage_error_that_names_the_known_ones() {
    let out = tool(&["run", "open_clse"]);
    assert_eq!(out.status.code(), Some(2));
    let output = text(&out.stderr);
    let expected = "`open_clse`: no such load; allowed: open_close";
    assert!(output.contains(expected), "{output}");
}

#[test]
fn load_of_a_missing_device_says_how_to_make_it() {
    let list = text(&tool(&["list"]).stdout);
    assert!(list.contains("open_close_device"), "{list}");
    assert!(!names().contains(&"open_close_device".into()));
    if std::path::Path::new("/dev/nullb0").exists() {
        return;
    }
    let out = tool(&["run", "open_close_device"]);
    assert_eq!(out.status.code(), Some(4));
    let output = text(&out.stderr);
    assert!(output.contains("Try: insmod null_blk.ko"), "{output}");
}

#[test]
fn missing_folder_is_named() {
    let out = tool(&["run", "open_close", "--dir", "/nonexistent"]);
    assert_eq!(out.status.code(), Some(4));
    let output = text(&out.stderr);
    assert!(output.contains("--dir /nonexistent"), "{output}");
}

#[test]
fn sweep_has_a_row_for_each_load_and_kind() {
    let args = "sweep lseek,futex --workers 1,2 --repeat 1 --run-ms 10";
    let output = text(&tool(&args.split(' ').collect::<Vec<_>>()).stdout);
    for kind in ["processes", "threads"] {
        let is_row = |line: &&str| line.contains(kind) && line.contains('%');
        assert_eq!(output.lines().filter(is_row).count(), 2, "{output}");
    }
}

/// A window so short that the second of two workers on one CPU has no turn.
#[test]
fn run_without_an_operation_of_each_worker_does_not_pass() {
    let args = "run fork_exit --workers 64 --as threads --warm-up-ms 0 --run-ms 1 --json";
    let out = tool(&args.split(' ').collect::<Vec<_>>());
    let sample: Value = serde_json::from_slice(&out.stdout).unwrap();
    let idle = |one: &&Value| one["operations"] == 0;
    let counted = sample["counted"].as_array().unwrap();
    let idle = counted.iter().filter(idle).count();
    let (verdict, code) = match counted.len() - idle {
        0 => ("NOT MEASURED", 4),
        64 => ("PASS", 0),
        _ => ("INCONCLUSIVE", 3),
    };
    assert_eq!(sample["verdict"], verdict, "{sample}");
    assert_eq!(out.status.code(), Some(code), "{sample}");
    assert!(idle > 0, "each of 64 workers forked within a millisecond");
    assert!(text(&out.stderr).contains(verdict), "{}", text(&out.stderr));
}
