// SPDX-License-Identifier: GPL-2.0

//! Plans that are interrupted, retried or divided into shards, with a fake `vm` that answers any plan.

use std::{fs, path::Path};

use crate::guest::Sandbox;
use serde_json::Value;

fn records(dir: &Path) -> Vec<Value> {
    let text = fs::read_to_string(dir.join("runs.jsonl")).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
    lines.collect()
}

/// Number, repeat and line of each record, in the order of the plan.
fn made(dir: &Path) -> Vec<(u64, u64, String)> {
    let records = records(dir);
    let made = records.iter().map(|record| {
        let number = |key: &str| record[key].as_u64().unwrap();
        let line = record["line"].as_str().unwrap().to_string();
        (number("seq"), number("repeat"), line)
    });
    let mut made: Vec<_> = made.collect();
    made.sort();
    made
}

fn figure(dir: &Path, name: &str) -> f64 {
    let text = fs::read_to_string(dir.join("figures.json")).unwrap();
    let figures: Value = serde_json::from_str(&text).unwrap();
    figures[name].as_f64().unwrap()
}

/// A sandbox whose `vm` exits with `code` after so many runs, once for each number.
fn ending(each: &[usize], code: i32) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.edit("\"written\"", "\"random\"");
    sandbox.answer();
    sandbox.end_after(each, code);
    sandbox
}

/// Out of time after five of eighteen runs.
fn interrupted() -> Sandbox {
    let sandbox = ending(&[5], 246);
    let run = sandbox.sweep(&["run", "t.toml"]);
    run.fails(4, &["Try: sweep run --resume results/"]);
    sandbox
}

#[test]
fn resumed_run_completes_the_same_plan() {
    let sandbox = interrupted();
    let dir = sandbox.only();
    let resume = ["run", "--resume", dir.to_str().unwrap()];
    let plan = fs::read_to_string(dir.join("plan.txt")).unwrap();
    assert_eq!(records(&dir).len(), 5);
    let out = sandbox.sweep(&resume);
    let out = out.is(0, &["PASS: oracles of 18 runs as expected"]);
    out.fails(0, &["5 of them already recorded"]);
    let lines: Vec<String> = made(&dir).into_iter().map(|(_, _, line)| line).collect();
    assert_eq!(lines, plan.lines().collect::<Vec<_>>());
    assert_eq!(figure(&dir, "boots"), 2.0);
    assert!(!dir.join("INCOMPLETE").exists());
    sandbox.sweep(&resume).fails(2, &["it is complete"]);
}

#[test]
fn incomplete_last_record_is_made_again() {
    let sandbox = interrupted();
    let dir = sandbox.only();
    let path = dir.join("runs.jsonl");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, &text[..text.len() - 30]).unwrap();
    let out = sandbox.sweep(&["run", "--resume", dir.to_str().unwrap()]);
    out.fails(0, &["4 of them already recorded"]);
    assert_eq!(records(&dir).len(), 18);
}

/// A guest that the emulator loses is booted again for the runs that are left: no run is made twice.
#[test]
fn guest_that_exits_without_reporting_is_continued_and_counted() {
    let sandbox = ending(&[7, 3], 245);
    let causes = [
        "2 guest boots retried (",
        "the guest exited without reporting after 7 of 18 runs",
        "the guest exited without reporting after 3 of 11 runs",
    ];
    let out = sandbox.sweep(&["run", "t.toml"]).is(0, &causes);
    out.fails(0, &["booting the guest again for 8 runs (2 of 8)"]);
    let dir = sandbox.latest();
    let plan = fs::read_to_string(dir.join("plan.txt")).unwrap();
    let lines: Vec<String> = made(&dir).into_iter().map(|(_, _, line)| line).collect();
    assert_eq!(lines, plan.lines().collect::<Vec<_>>());
    assert_eq!((figure(&dir, "lost"), figure(&dir, "boots")), (2.0, 3.0));
}

/// Of the runs after one that does not end, none could start; only that one is not measured.
#[test]
fn guest_whose_run_does_not_end_is_booted_again_for_the_others() {
    let sandbox = ending(&[7], 4);
    let out = sandbox.sweep(&["run", "t.toml"]);
    let cause =
        "a run failed, and `batch` ended, after 8 of 18 runs; booting the guest again for 10 runs";
    let out = out.fails(4, &[cause]);
    assert!(out.stdout.contains("NOT MEASURED"), "{}", out.stdout);
    let records = records(&sandbox.latest());
    let failed = records.iter().filter(|record| record["error"].is_string());
    assert_eq!((records.len(), failed.count()), (18, 1));
}

#[test]
fn guest_that_is_lost_over_and_over_is_given_up() {
    for (each, cause) in [
        (vec![7, 0, 0, 0], "after 0 of 11 runs"),
        (vec![1; 9], "after 1 of 10 runs"),
    ] {
        let sandbox = ending(&each, 245);
        let out = sandbox.sweep(&["run", "t.toml"]);
        out.fails(4, &[cause, "Try: sweep run --resume results/"]);
    }
    // A run between them begins the count anew.
    let sandbox = ending(&[0, 0, 1, 0, 0, 1], 245);
    sandbox.sweep(&["run", "t.toml"]).is(0, &["6 guest boots"]);
}

#[test]
fn guest_that_the_load_may_have_killed_is_not_retried() {
    for code in [241, 242, 243, 244, 247, 248, 249] {
        let out = ending(&[7], code).sweep(&["run", "t.toml"]);
        let out = out.fails(4, &["after 7 of 18 runs"]);
        assert!(!out.stderr.contains("again"), "{code}: {}", out.stderr);
    }
}

fn shard(sandbox: &Sandbox, shard: &str, seed: &str) -> String {
    let args = ["run", "--shard", shard, "--seed", seed, "t.toml"];
    let out = sandbox.sweep(&args).is(0, &[]);
    let line = out.stdout.lines().last().unwrap();
    line.strip_prefix("results: ").unwrap().to_string()
}

#[test]
fn merged_shards_are_the_result_of_one_run() {
    let sandbox = Sandbox::new();
    sandbox.edit("\"written\"", "\"random\"");
    sandbox.answer();
    let whole = shard(&sandbox, "1/1", "7");
    let (a, b) = (shard(&sandbox, "1/2", "7"), shard(&sandbox, "2/2", "7"));
    let whole = made(&sandbox.root().join("..").join(whole));
    let text = "PASS: oracles of 18 runs as expected";
    sandbox.sweep(&["merge", &b, &a]).is(0, &[text]);
    assert_eq!(made(&sandbox.latest()), whole);
    assert_eq!(figure(&sandbox.latest(), "boots"), 2.0);
}

#[test]
fn shards_of_different_plans_are_refused() {
    let sandbox = Sandbox::new();
    sandbox.answer();
    let (a, b) = (shard(&sandbox, "1/2", "7"), shard(&sandbox, "2/2", "8"));
    for (shards, cause) in [
        (vec!["merge", &a, &b], "the seed must be equal"),
        (vec!["merge", &a, &a], "shard 1/2 is there more than once"),
        (vec!["merge", &a], "shard 2/2 is missing"),
    ] {
        sandbox.sweep(&shards).fails(2, &[cause]);
    }
}

#[test]
fn guests_boot_in_alternating_order_and_have_their_own_rows() {
    let sandbox = Sandbox::new();
    sandbox.edit("vcpus = 8, cpus = \"all\"", "vcpus = [8, 16], cpus = \"0\"");
    sandbox.answer();
    let out = sandbox.sweep(&["run", "t.toml"]).is(0, &["16 ticket"]);
    out.fails(0, &["36 runs in 4 guest boots"]);
    let records = records(&sandbox.latest());
    let vcpus = |i: usize| records[i]["guest"]["vcpus"].as_u64().unwrap();
    assert_eq!([0, 9, 18, 27].map(vcpus), [8, 16, 16, 8]);
}
