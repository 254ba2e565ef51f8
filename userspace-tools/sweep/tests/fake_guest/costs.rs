// SPDX-License-Identifier: GPL-2.0

//! `sweep costs` on results with planted costs: a fake guest runs the loop and a ticket lock.

use std::{fs, path::PathBuf};

use regex_lite::Regex;
use serde_json::{json, Map, Value};

use crate::guest::{FakeRun, Sandbox};

const LOCKS: &str = r#"axes = { lock = ["busted", "ticket", "kernel/raw_spin"], threads = [1, 8] }
expect = [{ of = { lock = "busted", threads = 8 }, oracle = "caught" }]
compare = [{ figure = "storm", text = "the storm", of = { lock = "ticket", threads = 8 }, to = { lock = "kernel/raw_spin", threads = 8 } }]
"#;

/// A result in which the loop takes 80 instructions, and with a ticket lock as many as given.
fn result(sandbox: &Sandbox, ticket: u64) -> PathBuf {
    const ELAPSED: u64 = 1_000_000;
    let mut runs = sandbox.passing();
    for (lock, each) in [("lock=empty", 80), ("lock=ticket", ticket)] {
        FakeRun::set(&mut runs, lock, "sections", &[ELAPSED / each; 2]);
    }
    counted_result(sandbox, &runs)
}

/// The result of these runs, as of the tier `count`.
fn counted_result(sandbox: &Sandbox, runs: &[FakeRun]) -> PathBuf {
    sandbox.run(runs, 0).is(0, &[]);
    let dir = fs::canonicalize(sandbox.latest()).unwrap();
    let provenance = dir.join("provenance.json");
    let text = fs::read_to_string(&provenance).unwrap();
    assert!(text.contains("\"tier\": \"tcg\""), "{text}");
    let text = text.replace("\"tier\": \"tcg\"", "\"tier\": \"count\"");
    fs::write(provenance, text).unwrap();
    let runs = dir.join("runs.jsonl");
    let lines = fs::read_to_string(&runs).unwrap();
    let lines = lines.lines().map(|line| {
        let mut line = counted(serde_json::from_str(line).unwrap());
        line["clock"] = "instructions".into();
        format!("{line}\n")
    });
    fs::write(runs, lines.collect::<String>()).unwrap();
    dir
}

/// A record as a guest of the tier `count` writes it.
fn counted(value: Value) -> Value {
    let Value::Object(map) = value else {
        return value;
    };
    let renamed = map.into_iter().map(|(key, value)| {
        let new = key
            .replace("loops_per_us", "loops_per_kilo_instructions")
            .replace("_ns", "_instructions");
        match key.as_str() {
            "config" => (key, value),
            _ => (new, counted(value)),
        }
    });
    renamed.collect::<Map<_, _>>().into()
}

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.edit("name = \"locks\"", "name = \"uncontended\"");
    sandbox.edit(
        LOCKS,
        "axes = { lock = [\"empty\", \"ticket\"], threads = [1] }\n",
    );
    sandbox
}

#[test]
fn costs_fail_by_two_instructions_and_pass_after_the_table_is_renewed() {
    let sandbox = sandbox();
    let costs = |ticket: u64, more: &[&str]| {
        let dir = result(&sandbox, ticket);
        let words = ["costs", dir.to_str().unwrap(), "--table", "table.toml"];
        sandbox.sweep(&[&words[..], more].concat())
    };
    costs(100, &[]).fails(4, &["table.toml", "Try: sweep costs --write"]);
    costs(100, &["--write"]).is(0, &["1 PASS, 0 FAIL"]);
    costs(100, &[]).is(0, &["1 PASS, 0 FAIL", "instructions, not cycles"]);
    let worse = costs(102, &[]);
    worse.is(1, &["FAIL: uncontended of ticket: 2.0 more than 20.0"]);
    let better = costs(98, &[]);
    better.is(
        0,
        &["PASS: uncontended of ticket: 2.0 fewer than 20.0. Try: --write"],
    );
    let json = costs(102, &["--json"]);
    json.is(1, &["\"unit\": \"instructions\"", "\"verdict\": \"FAIL\""]);
    costs(102, &["--write"]).is(0, &["1 PASS, 0 FAIL"]);
    costs(102, &[]).is(0, &["1 PASS, 0 FAIL"]);
}

/// Two instructions that a change adds to the release of one lock.
#[test]
fn two_instructions_more_in_unlock_fail_in_that_column_alone() {
    let sandbox = sandbox();
    let part = "name = \"steps\"\nfixed = { load = \"steps\", rounds = 1000 }";
    sandbox.edit("name = \"uncontended\"", part);
    let costs = |unlock: u64, more: &[&str]| {
        let mut runs = sandbox.passing();
        for (lock, of) in [("lock=empty", [6, 5]), ("lock=ticket", [16, unlock])] {
            FakeRun::set(&mut runs, lock, "lock", &[of[0]; 2]);
            FakeRun::set(&mut runs, lock, "unlock", &[of[1]; 2]);
        }
        let dir = counted_result(&sandbox, &runs);
        let words = ["costs", dir.to_str().unwrap(), "--table", "table.toml"];
        sandbox.sweep(&[&words[..], more].concat())
    };
    costs(7, &["--write"]).is(0, &["2 PASS, 0 FAIL"]);
    let table = sandbox.read("table.toml");
    let columns = "[columns.lock]\n\"ticket\" = 10.0\n\n[columns.unlock]\n\"ticket\" = 2.0\n";
    assert!(table.contains(columns), "{table}");
    let worse = costs(9, &[]).is(1, &["FAIL: unlock of ticket: 2.0 more than 2.0"]);
    worse.is(1, &["1 PASS, 1 FAIL"]);
    costs(8, &[]).is(0, &["2 PASS, 0 FAIL"]);
}

#[test]
fn costs_that_the_table_lacks_are_not_measured() {
    let sandbox = sandbox();
    let dir = result(&sandbox, 100);
    let words = ["costs", dir.to_str().unwrap(), "--table", "table.toml"];
    sandbox
        .sweep(&[&words[..], &["--write"]].concat())
        .is(0, &[]);
    let table = sandbox.read("table.toml");
    let path = sandbox.root().with_file_name("table.toml");
    fs::write(path, table.replace("\"ticket\"", "\"tas\"")).unwrap();
    let out = sandbox.sweep(&words).is(4, &["0 PASS, 0 FAIL"]);
    out.is(
        4,
        &[
            "NOT MEASURED: uncontended of tas",
            "NOT MEASURED: uncontended of ticket",
        ],
    );
}

#[test]
fn costs_of_another_tier_are_refused() {
    let sandbox = Sandbox::new();
    sandbox.run(&sandbox.passing(), 0).is(0, &[]);
    let out = sandbox.sweep(&["costs", "results/latest"]);
    out.fails(2, &["tier tcg (allowed: count). Try: sweep costs"]);
}

#[test]
fn costs_of_two_results_are_compared() {
    let sandbox = sandbox();
    let (first, second) = (result(&sandbox, 100), result(&sandbox, 101));
    let compare = |more: &[&str]| {
        let words = [
            "costs",
            first.to_str().unwrap(),
            "--beside",
            second.to_str().unwrap(),
        ];
        sandbox.sweep(&[&words[..], more].concat())
    };
    compare(&[]).is(
        0,
        &["PASS: largest difference: +1.01 %, uncontended of ticket"],
    );
    compare(&["--within", "1.1"]).is(0, &["PASS: "]);
    compare(&["--within", "0.5"]).is(
        1,
        &["FAIL: largest difference: +1.01 %", "(allowed: 0.5 %)"],
    );
    compare(&["--json"]).is(0, &["\"largest_percent\": 1."]);
}

#[test]
fn costs_are_figures_of_the_result() {
    let sandbox = sandbox();
    let dir = result(&sandbox, 100);
    let json = sandbox.sweep(&["show", "--json", dir.to_str().unwrap()]);
    let json: Value = serde_json::from_str(&json.is(0, &[]).stdout).unwrap();
    let due = json!({ "value": 20.0, "kind": "count", "tier": "count" });
    assert_eq!(json["figures"]["uncontended.ticket"], due);
}

#[test]
fn instructions_are_never_shown_as_time() {
    let sandbox = sandbox();
    let dir = result(&sandbox, 100);
    let path = dir.to_str().unwrap();
    let text = sandbox.sweep(&["show", path]).stdout;
    let json = sandbox.sweep(&["show", "--json", path]).stdout;
    sandbox.sweep(&["report", path]).is(0, &[]);
    let page = fs::read_to_string(dir.join("report.html")).unwrap();
    assert!(page.contains("<th>ticket</th><td>20.0 </td>"), "{page}");
    let times = Regex::new(r"[0-9] ?(ns|us|µs)\b").unwrap();
    for shown in [text, json, page] {
        assert!(shown.contains("instructions, not cycles"), "{shown}");
        let shown = shown.replace("1 ns of the guest is 1 instruction", "");
        assert!(!times.is_match(&shown), "{shown}");
    }
}
