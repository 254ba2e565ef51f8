// SPDX-License-Identifier: GPL-2.0

//! `sweep costs` on results with planted costs: a fake guest runs the loop and a ticket lock.

use std::{fs, path::PathBuf};

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
    sandbox.run(&runs, 0).is(0, &[]);
    let dir = fs::canonicalize(sandbox.latest()).unwrap();
    let provenance = dir.join("provenance.json");
    let text = fs::read_to_string(&provenance).unwrap();
    assert!(text.contains("\"tier\": \"tcg\""), "{text}");
    let text = text.replace("\"tier\": \"tcg\"", "\"tier\": \"count\"");
    fs::write(provenance, text).unwrap();
    dir
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
