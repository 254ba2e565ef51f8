// SPDX-License-Identifier: GPL-2.0

//! Expectations, baselines and what build servers read of them, from end to end.

#[path = "support/guest.rs"]
#[allow(dead_code, reason = "each file of tests uses a part of it")]
mod guest;

use guest::{Out, Said, Stage};

const TICKET: &str = "lock=ticket threads=8";
const KERNEL: &str = "lock=kernel/raw_spin threads=8";

/// An experiment with this rule and six repeats, in which the ticket lock has these sections.
fn ruled(rule: &str, ticket: [u64; 6]) -> (Stage, Out) {
    let stage = Stage::new();
    stage.edit("repeats = 2", "repeats = 6");
    stage.edit(
        "oracle = \"caught\" }]",
        &format!("oracle = \"caught\" }}, {rule}]"),
    );
    let mut said = stage.sound();
    Said::set(&mut said, TICKET, "sections", &ticket);
    let kernel = [1000, 1010, 990, 1005, 995, 1002];
    Said::set(&mut said, KERNEL, "sections", &kernel);
    let out = stage.run(&said, 0);
    (stage, out)
}

#[test]
fn rule_that_passes_exits_0_that_fails_1_and_that_is_inconclusive_3() {
    let half = [500, 505, 495, 502, 498, 501];
    for (rule, ticket, code, word) in [
        (
            "'ticket >= 0.4 * kernel/raw_spin at threads 8'",
            half,
            0,
            "1 PASS, 0 FAIL",
        ),
        (
            "'ticket >= 0.9 * kernel/raw_spin at threads 8'",
            half,
            1,
            "0 PASS, 1 FAIL",
        ),
        (
            "'cost(ticket, kernel/raw_spin) at threads 8 <= 2.5'",
            half,
            0,
            "1 PASS, 0 FAIL",
        ),
        (
            "'cost(ticket, kernel/raw_spin) at threads 8 <= 1.05'",
            half,
            1,
            "0 PASS, 1 FAIL",
        ),
        (
            "{ of = { threads = 8 }, rule = 'ticket > 0.9 * kernel/raw_spin' }",
            [500, 1500, 800, 1100, 900, 1000],
            3,
            "INCONCLUSIVE (about",
        ),
        (
            "'jain at lock ticket and threads 1 >= 0.9'",
            half,
            0,
            "1 PASS, 0 FAIL",
        ),
        (
            "'jain at lock ticket and threads 8 >= 0.9'",
            half,
            1,
            "0 PASS, 1 FAIL",
        ),
    ] {
        let (_, out) = ruled(rule, ticket);
        assert_eq!(out.code, code, "{rule}: {}{}", out.stdout, out.stderr);
        assert!(out.stdout.contains(word), "{rule}: {}", out.stdout);
    }
}

#[test]
fn rule_over_every_run_fails_by_one_run() {
    let stage = Stage::new();
    stage.edit(
        "axes = { counter",
        "expect = [\"error <= bound\"]\naxes = { counter",
    );
    let out = stage.run(&stage.sound(), 0);
    assert_eq!(out.code, 0, "{}{}", out.stdout, out.stderr);
    stage.edit("error <= bound", "error <= 0.01 * bound");
    let out = stage.run(&stage.sound(), 0);
    assert_eq!(out.code, 1, "{}{}", out.stdout, out.stderr);
}

#[test]
fn rule_that_names_nothing_measured_is_a_usage_error() {
    for rule in [
        "tikcet >= ticket",
        "cost(ticket) < 1",
        "fair >= 0.9",
        "ticket",
    ] {
        let stage = Stage::new();
        stage.edit(
            "oracle = \"caught\" }]",
            &format!("oracle = \"caught\" }}, '{rule}']"),
        );
        let out = stage.sweep(&["run", "--dry-run", "t.toml"]);
        assert_eq!(out.code, 2, "{rule}: {}", out.stderr);
        assert!(out.stderr.contains(rule), "{}", out.stderr);
    }
}

#[test]
fn junit_and_ktap_have_the_verdicts_of_gate() {
    let (stage, _) = ruled(
        "'ticket >= 0.9 * kernel/raw_spin at threads 8'",
        [500, 505, 495, 502, 498, 501],
    );
    let out = stage.sweep(&[
        "gate",
        "results/latest",
        "--junit",
        "gates.xml",
        "--ktap",
        "gates.tap",
    ]);
    assert_eq!(out.code, 1, "{}", out.stderr);
    assert!(
        out.stdout.contains("FAIL          locks: ticket >= 0.9"),
        "{}",
        out.stdout
    );
    assert!(stage.read("gates.xml").contains("failures=\"1\""));
    assert!(stage
        .read("gates.tap")
        .contains("not ok 4 locks: ticket >= 0.9"));
}

#[test]
fn baseline_passes_itself_and_fails_half_of_it() {
    let full = [1000, 1010, 990, 1005, 995, 1002];
    let (stage, _) = ruled("'jain > 0'", full);
    let out = stage.sweep(&["baseline", "save", "base.json", "results/latest"]);
    assert_eq!(out.code, 0, "{}", out.stderr);
    let out = stage.sweep(&["baseline", "check", "base.json", "results/latest"]);
    assert_eq!(out.code, 0, "{}{}", out.stdout, out.stderr);
    let mut said = stage.sound();
    Said::set(&mut said, TICKET, "sections", &full.map(|n| n / 2));
    stage.run(&said, 0);
    let out = stage.sweep(&["baseline", "check", "base.json", "results/latest"]);
    assert_eq!(out.code, 1, "{}{}", out.stdout, out.stderr);
    assert_eq!(out.stdout.matches("FAIL").count(), 1, "{}", out.stdout);
}

#[test]
fn csv_has_one_line_for_each_run() {
    let stage = Stage::new();
    stage.run(&stage.sound(), 0);
    let out = stage.sweep(&["csv", "results/latest"]);
    let mut lines = out.stdout.lines();
    let head: Vec<&str> = lines.next().unwrap().split(',').collect();
    assert!(
        head.starts_with(&["part", "repeat", "seq"]) && head.contains(&"lock"),
        "{head:?}"
    );
    assert_eq!(lines.clone().count(), 18);
    assert!(lines.all(|line| line.split(',').count() == head.len()));
}
