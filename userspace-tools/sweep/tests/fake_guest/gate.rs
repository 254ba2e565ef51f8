// SPDX-License-Identifier: GPL-2.0

//! Rules, baselines, and the files for build servers from end to end, with a fake `vm`.

use crate::guest::{FakeRun, Out, Sandbox};

const TICKET: &str = "lock=ticket threads=8";
const KERNEL: &str = "lock=kernel/raw_spin threads=8";
const FULL: [u64; 6] = [1000, 1010, 990, 1005, 995, 1002];
const HALF: [u64; 6] = [500, 505, 495, 502, 498, 501];

/// The experiment with `rule` in its scenario of locks.
fn sandbox(rule: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    let expect = format!("oracle = \"caught\" }}, {rule}]");
    sandbox.edit("oracle = \"caught\" }]", &expect);
    sandbox
}

/// The same with six repeats, in which the ticket lock has these sections.
fn ruled(rule: &str, ticket: [u64; 6]) -> (Sandbox, Out) {
    let sandbox = sandbox(rule);
    sandbox.edit("repeats = 2", "repeats = 6");
    sandbox.edit("vcpus = 8,", "vcpus = 8, boots = 6,");
    let mut runs = sandbox.passing();
    FakeRun::set(&mut runs, TICKET, "sections", &ticket);
    FakeRun::set(&mut runs, KERNEL, "sections", &FULL);
    let out = sandbox.run(&runs, 0);
    (sandbox, out)
}

#[test]
fn rule_that_passes_exits_0_that_fails_1_and_that_is_inconclusive_3() {
    let passes = (0, "1 PASS, 0 FAIL");
    let fails = (1, "0 PASS, 1 FAIL");
    for (rule, (code, text)) in [
        ("'ticket >= 0.4 * kernel/raw_spin at threads 8'", passes),
        ("'ticket >= 0.9 * kernel/raw_spin at threads 8'", fails),
        (
            "'cost(ticket, kernel/raw_spin) at threads 8 <= 2.5'",
            passes,
        ),
        (
            "'cost(ticket, kernel/raw_spin) at threads 8 <= 1.05'",
            fails,
        ),
        ("'jain at lock ticket and threads 1 >= 0.9'", passes),
        ("'jain at lock ticket and threads 8 >= 0.9'", fails),
    ] {
        ruled(rule, HALF).1.is(code, &[text]);
    }
    let rule = "{ of = { threads = 8 }, rule = 'ticket > 0.8 * kernel/raw_spin' }";
    let noisy = [500, 1500, 800, 1100, 900, 1000];
    ruled(rule, noisy).1.is(3, &["INCONCLUSIVE (about"]);
}

/// Repeats of one boot share what makes boots differ: however many, they decide nothing.
#[test]
fn one_boot_is_no_measurement() {
    let sandbox = sandbox("'ticket >= 0.4 * kernel/raw_spin at threads 8'");
    let out = sandbox.run(&sandbox.passing(), 0);
    out.is(3, &["1.00 of one boot", "of one boot: not a measurement"]);
}

#[test]
fn rule_over_every_run_fails_by_one_run() {
    let sandbox = Sandbox::new();
    sandbox.edit(
        "axes = { counter",
        "expect = [\"error <= bound\"]\naxes = { counter",
    );
    sandbox.run(&sandbox.passing(), 0).is(0, &[]);
    sandbox.edit("error <= bound", "error <= 0.01 * bound");
    sandbox.run(&sandbox.passing(), 0).is(1, &[]);
}

#[test]
fn rule_that_names_nothing_measured_is_a_usage_error() {
    for rule in [
        "tikcet >= ticket",
        "cost(ticket) < 1",
        "fair >= 0.9",
        "ticket",
    ] {
        let sandbox = sandbox(&format!("'{rule}'"));
        let out = sandbox.sweep(&["run", "--dry-run", "t.toml"]);
        out.fails(2, &[rule]);
    }
}

#[test]
fn junit_and_ktap_have_the_verdicts_of_gate() {
    let (sandbox, _) = ruled("'ticket >= 0.9 * kernel/raw_spin at threads 8'", HALF);
    let files = ["--junit", "gates.xml", "--ktap", "gates.tap"];
    let args = [&["gate", "results/latest"][..], &files].concat();
    let line = "FAIL          locks: ticket >= 0.9";
    sandbox.sweep(&args).is(1, &[line]);
    let (junit, ktap) = (sandbox.read("gates.xml"), sandbox.read("gates.tap"));
    assert!(junit.contains("failures=\"1\""), "{junit}");
    assert!(ktap.contains("not ok 4 locks: ticket >= 0.9"), "{ktap}");
}

#[test]
fn baseline_passes_itself_and_fails_half_of_it() {
    let (sandbox, _) = ruled("'jain > 0'", FULL);
    let baseline = |what: &str| sandbox.sweep(&["baseline", what, "base.json", "results/latest"]);
    baseline("save").is(0, &[]);
    baseline("check").is(0, &[]);
    let mut runs = sandbox.passing();
    FakeRun::set(&mut runs, TICKET, "sections", &FULL.map(|n| n / 2));
    sandbox.run(&runs, 0);
    let out = baseline("check").is(1, &[]);
    assert_eq!(out.stdout.matches("FAIL").count(), 1, "{}", out.stdout);
}

#[test]
fn csv_has_one_line_for_each_run() {
    let sandbox = Sandbox::new();
    sandbox.run(&sandbox.passing(), 0);
    let out = sandbox.sweep(&["csv", "results/latest"]);
    let mut lines = out.stdout.lines();
    let head: Vec<&str> = lines.next().unwrap().split(',').collect();
    assert!(head.starts_with(&["part", "repeat", "seq"]) && head.contains(&"lock"));
    assert_eq!(lines.clone().count(), 18);
    assert!(lines.all(|line| line.split(',').count() == head.len()));
}
