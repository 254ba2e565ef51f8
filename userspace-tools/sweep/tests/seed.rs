// SPDX-License-Identifier: GPL-2.0

//! `sweep seed`: a document's claims, each with an answer.

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
says = 'it gains'
why = 'since'
otherwise = 'not here'
measure = { what = 'fast over slow', step = 'cases', figure = 'gain', unit = 'x', required = '>= 3' }

[[claim]]
place = 'page 2'
says = 'it gains a lot'
why = 'since'
otherwise = 'not here'
measure = { what = 'fast over slow', step = 'cases', figure = 'gain', unit = 'x', required = '>= 30' }

[[claim]]
place = 'page 3'
says = 'on a thousand CPUs too'
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
fn every_claim_has_its_answer_and_a_step_is_taken_once() {
    let dir = tempfile::tempdir().unwrap();
    let out = seed(dir.path(), DOCUMENT, &["999"]);
    let said = text(&out.stdout);
    assert!(out.status.success(), "{said}{}", text(&out.stderr));
    assert!(
        said.contains("999  A. Author, \"Of Locks\", 1999"),
        "{said}"
    );
    assert!(
        said.contains("3 claims: 1 reproduced, 1 not reproduced, 1 cannot be shown"),
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
    assert_eq!(kept["answered"], true);
    assert_eq!(kept["steps"]["cases"]["ran"]["gain"], 3.0);
    assert_eq!(kept["claims"][2]["verdict"], "cannot_be_shown");
}

#[test]
fn what_is_not_so_here_is_an_answer_but_what_was_not_measured_is_none() {
    let dir = tempfile::tempdir().unwrap();
    let failing = DOCUMENT.replace("echo fast 6", "echo fast 6; false");
    let out = seed(dir.path(), &failing, &["999", "--json"]);
    assert_eq!(out.status.code(), Some(1));
    let said: Value = serde_json::from_slice(&out.stdout).unwrap();
    assert_eq!(said["answered"], false);
    assert_eq!(said["claims"][0]["verdict"], "not_measured");
    assert!(said["claims"][0]["why"]
        .as_str()
        .is_some_and(|why| why.contains("failed")));
    assert_eq!(said["claims"][2]["verdict"], "cannot_be_shown");
}

#[test]
fn a_document_that_is_not_there_is_a_usage_error_that_names_those_that_are() {
    let dir = tempfile::tempdir().unwrap();
    let out = seed(dir.path(), DOCUMENT, &["998"]);
    assert_eq!(out.status.code(), Some(2));
    assert!(text(&out.stderr).contains("allowed: 999"));
}
