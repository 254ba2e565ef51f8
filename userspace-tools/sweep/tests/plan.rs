// SPDX-License-Identifier: GPL-2.0

//! Plans that are interrupted, lose a guest, or are cut into parts, with a stand-in for `vm` that
//! answers whatever it is asked.

#[path = "support/guest.rs"]
#[allow(dead_code, reason = "each file of tests uses a part of it")]
mod guest;

use std::{fs, path::Path};

use guest::Stage;
use serde_json::Value;

fn records(dir: &Path) -> Vec<Value> {
    let text = fs::read_to_string(dir.join("runs.jsonl")).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
    lines.collect()
}

/// Which run each record is of, in order.
fn made(dir: &Path) -> Vec<(u64, u64, String)> {
    let mut made: Vec<_> = records(dir)
        .iter()
        .map(|record| {
            let number = |key: &str| record[key].as_u64().unwrap();
            let line = record["line"].as_str().unwrap().to_string();
            (number("seq"), number("repeat"), line)
        })
        .collect();
    made.sort();
    made
}

fn lines(dir: &Path) -> Vec<String> {
    made(dir).into_iter().map(|(_, _, line)| line).collect()
}

fn figure(dir: &Path, name: &str) -> f64 {
    let text = fs::read_to_string(dir.join("figures.json")).unwrap();
    serde_json::from_str::<Value>(&text).unwrap()[name]
        .as_f64()
        .unwrap()
}

/// Out of time after five of eighteen runs.
fn interrupted() -> Stage {
    let stage = Stage::new();
    stage.edit("\"written\"", "\"random\"");
    stage.answer();
    stage.end_once(5, 246);
    let out = stage.sweep(&["run", "t.toml"]);
    assert_eq!(out.code, 1, "{}", out.stderr);
    assert!(out.stderr.contains("--resume results/"), "{}", out.stderr);
    stage
}

#[test]
fn what_was_interrupted_goes_on_and_ends_with_the_same_plan() {
    let stage = interrupted();
    let dir = stage.only();
    let plan = fs::read_to_string(dir.join("plan.txt")).unwrap();
    assert_eq!(records(&dir).len(), 5);
    let out = stage.sweep(&["run", "--resume", dir.to_str().unwrap()]);
    assert_eq!(out.code, 0, "{}", out.stderr);
    assert!(out.stderr.contains("5 of them made"), "{}", out.stderr);
    assert!(
        out.stdout.contains("PASS: oracles of 18 runs"),
        "{}",
        out.stdout
    );
    assert_eq!(lines(&dir), plan.lines().collect::<Vec<_>>());
    assert_eq!(figure(&dir, "boots"), 2.0);
    assert!(!dir.join("INCOMPLETE").exists());
    let again = stage.sweep(&["run", "--resume", dir.to_str().unwrap()]);
    assert_eq!(again.code, 2, "what is complete cannot be gone on with");
}

#[test]
fn half_a_record_is_made_again() {
    let stage = interrupted();
    let dir = stage.only();
    let path = dir.join("runs.jsonl");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, &text[..text.len() - 30]).unwrap();
    let out = stage.sweep(&["run", "--resume", dir.to_str().unwrap()]);
    assert_eq!(out.code, 0, "{}", out.stderr);
    assert!(out.stderr.contains("4 of them made"), "{}", out.stderr);
    assert_eq!(records(&dir).len(), 18);
}

#[test]
fn a_guest_that_is_lost_after_it_spoke_is_repeated_and_counted() {
    let stage = Stage::new();
    stage.answer();
    stage.end_once(7, 245);
    let out = stage.sweep(&["run", "t.toml"]);
    assert_eq!(out.code, 0, "{}", out.stderr);
    assert!(
        out.stdout.contains(
            "1 guest boots retried (the guest exited without reporting after 7 of 18 runs)"
        ),
        "{}",
        out.stdout
    );
    assert_eq!(records(&stage.latest()).len(), 18);
    assert_eq!(figure(&stage.latest(), "lost"), 1.0);
    let lost = fs::read_to_string(stage.latest().join("runs.lost-1.jsonl")).unwrap();
    assert_eq!(lost.lines().count(), 7);
}

#[test]
fn a_guest_that_the_load_may_have_killed_is_not_repeated() {
    for code in [241, 242, 243, 244] {
        let stage = Stage::new();
        stage.answer();
        stage.end_once(7, code);
        let out = stage.sweep(&["run", "t.toml"]);
        assert_eq!(out.code, 1, "{code}: {}", out.stderr);
        assert!(!out.stderr.contains("retrying"), "{code}: {}", out.stderr);
    }
}

fn part(stage: &Stage, shard: &str, seed: &str) -> String {
    let out = stage.sweep(&["run", "--shard", shard, "--seed", seed, "t.toml"]);
    assert_eq!(out.code, 0, "{}", out.stderr);
    let line = out.stdout.lines().last().unwrap();
    line.strip_prefix("results: ").unwrap().to_string()
}

#[test]
fn two_parts_merge_to_what_one_run_gives() {
    let stage = Stage::new();
    stage.edit("\"written\"", "\"random\"");
    stage.answer();
    let whole = part(&stage, "1/1", "7");
    let (a, b) = (part(&stage, "1/2", "7"), part(&stage, "2/2", "7"));
    let whole = made(&stage.root().join("..").join(whole));
    let out = stage.sweep(&["merge", &b, &a]);
    assert_eq!(out.code, 0, "{}{}", out.stdout, out.stderr);
    assert_eq!(made(&stage.latest()), whole);
    assert!(
        out.stdout.contains("PASS: oracles of 18 runs"),
        "{}",
        out.stdout
    );
    assert_eq!(figure(&stage.latest(), "boots"), 2.0);
}

#[test]
fn parts_that_differ_where_they_must_not_are_refused() {
    let stage = Stage::new();
    stage.answer();
    let (a, b) = (part(&stage, "1/2", "7"), part(&stage, "2/2", "8"));
    for (parts, why) in [
        (vec!["merge", &a, &b], "the seed must be equal"),
        (vec!["merge", &a, &a], "part 1/2 is there more than once"),
        (vec!["merge", &a], "part 2/2 is missing"),
    ] {
        let out = stage.sweep(&parts);
        assert_eq!(out.code, 2, "{}", out.stderr);
        assert!(out.stderr.contains(why), "{}", out.stderr);
    }
}

#[test]
fn several_guests_are_booted_in_turn_and_told_apart() {
    let stage = Stage::new();
    stage.edit("vcpus = 8, cpus = \"all\"", "vcpus = [8, 16], cpus = \"0\"");
    stage.answer();
    let out = stage.sweep(&["run", "t.toml"]);
    assert_eq!(out.code, 0, "{}", out.stderr);
    assert!(out.stderr.contains("36 runs in 4 boots"), "{}", out.stderr);
    assert!(out.stdout.contains("16 ticket"), "{}", out.stdout);
    let boots: Vec<u64> = records(&stage.latest())
        .iter()
        .map(|record| record["guest"]["vcpus"].as_u64().unwrap())
        .collect();
    assert_eq!((boots[0], boots[9], boots[18], boots[27]), (8, 16, 16, 8));
}
