// SPDX-License-Identifier: GPL-2.0

//! `sweep seed`: the claims of a source document, each with a verdict.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use serde_json::Value;

const DOCUMENT: &str = "
[document]
author = 'A. Author'
title = 'Of Locks'
year = 1999
about = 'locks'

[[step]]
name = 'cases'
command = 'echo fast 6; echo slow 2; echo took >>$DIR/../times'
figure = [
    { name = 'fast', pattern = '^fast (.*)$' },
    { name = 'slow', pattern = '^slow (.*)$' },
    { name = 'gain', of = 'fast', to = 'slow' },
]

[[claim]]
place = 'page 1'
text = 'it gains'
why = 'since'
otherwise = 'not here'
measure = 'fast over slow'
step = 'cases'
expect = 'gain >= 3 x'

[[claim]]
place = 'page 2'
text = 'it gains a lot'
why = 'since'
otherwise = 'not here'
measure = 'fast over slow'
step = 'cases'
expect = 'gain >= 30 x'

[[claim]]
place = 'page 3'
text = 'on a thousand CPUs too'
why = 'there are fewer'
";

fn seed(dir: &Path, document: &str, args: &[&str]) -> Output {
    fs::create_dir_all(dir.join("seeds")).unwrap();
    fs::write(dir.join("seeds/999.toml"), document).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_sweep"));
    command
        .arg("seed")
        .args(args)
        .arg("--seeds")
        .arg(dir.join("seeds"));
    command.arg("--results").arg(dir.join("results"));
    command.output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn each_claim_has_a_verdict_and_a_step_runs_once() {
    let dir = tempfile::tempdir().unwrap();
    let out = seed(dir.path(), DOCUMENT, &["999"]);
    let said = text(&out.stdout);
    assert!(out.status.success(), "{said}{}", text(&out.stderr));
    assert!(
        said.contains("999  A. Author, \"Of Locks\", 1999"),
        "{said}"
    );
    assert!(
        said.contains(
            "3 claims: 1 reproduced, 1 contradicted, 0 inconclusive, 1 not testable here"
        ),
        "{said}"
    );
    assert!(said.contains("measured 3 x: fast over slow"), "{said}");
    assert!(said.contains("why      not here"), "{said}");
    let mut results = fs::read_dir(dir.path().join("results")).unwrap();
    let latest = results.next().unwrap().unwrap().path();
    let times = fs::read_to_string(latest.join("times")).unwrap();
    assert_eq!(times, "took\n", "one step, two claims");
    let kept: Value =
        serde_json::from_str(&fs::read_to_string(latest.join("seed.json")).unwrap()).unwrap();
    assert_eq!(kept["verdict"], "PASS");
    assert_eq!(kept["steps"]["cases"]["ran"]["gain"], 3.0);
    assert_eq!(kept["claims"][2]["verdict"], "SKIP");
}

#[test]
fn contradicted_claim_exits_0_and_one_not_measured_1() {
    let dir = tempfile::tempdir().unwrap();
    let failing = DOCUMENT.replace("echo fast 6", "echo fast 6; false");
    let out = seed(dir.path(), &failing, &["999", "--json"]);
    assert_eq!(out.status.code(), Some(1));
    let said: Value = serde_json::from_slice(&out.stdout).unwrap();
    assert_eq!(said["verdict"], "NOT MEASURED");
    assert_eq!(said["claims"][0]["verdict"], "NOT MEASURED");
    assert!(said["claims"][0]["why"]
        .as_str()
        .is_some_and(|why| why.contains("failed")));
    assert_eq!(said["claims"][2]["verdict"], "SKIP");
}

#[test]
fn unknown_document_is_a_usage_error_that_lists_the_known() {
    let dir = tempfile::tempdir().unwrap();
    let out = seed(dir.path(), DOCUMENT, &["998"]);
    assert_eq!(out.status.code(), Some(2));
    assert!(text(&out.stderr).contains("allowed: 999"));
}
