// SPDX-License-Identifier: GPL-2.0

//! Nothing passes where nothing was measured.

use std::fs;

use crate::guest::{FakeRun, Sandbox};

/// An experiment with `rule` in its scenario of locks, over six boots.
fn ruled(rule: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    let expect = format!("oracle = \"caught\" }}, \"{rule}\"]");
    sandbox.edit("oracle = \"caught\" }]", &expect);
    sandbox.edit("repeats = 2", "repeats = 6");
    sandbox.edit("vcpus = 8,", "vcpus = 8, boots = 6,");
    sandbox
}

#[test]
fn zero_sections_are_not_measured() {
    let sandbox = ruled("ticket >= 0.9 * kernel/raw_spin at threads 1");
    let mut runs = sandbox.passing();
    for lock in ["ticket", "kernel/raw_spin"] {
        let words = format!("lock={lock} threads=1");
        FakeRun::set(&mut runs, &words, "sections", &[0; 6]);
    }
    let out = sandbox.run(&runs, 0);
    out.is(4, &["its rate is zero", "not measured: a rate is zero"]);
}

/// Nothing is as much as nine tenths of nothing.
#[test]
fn two_metrics_that_are_zero_are_not_measured() {
    let sandbox = ruled("halts >= 0.9 * kicks");
    let out = sandbox.run(&sandbox.passing(), 0);
    out.is(4, &["not measured: `kicks` is 0 in every run"]);
}

/// Without histograms there is no order of the waits.
#[test]
fn metric_of_an_instrument_that_is_off_is_not_measured() {
    for rule in ["overtaken <= 0", "overtaken <= kicks"] {
        let sandbox = ruled(rule);
        let out = sandbox.run(&sandbox.passing(), 0);
        out.is(4, &["a run has no `overtaken`"]);
    }
}

#[test]
fn limit_that_everything_meets_is_refused() {
    for limit in ["-inf", "nan", "-1e999"] {
        let sandbox = ruled(&format!("jain >= {limit}"));
        let out = sandbox.sweep(&["run", "--dry-run", "t.toml"]);
        out.fails(2, &["is not a number"]);
    }
}

#[test]
fn result_without_records_is_not_measured() {
    let sandbox = ruled("jain >= 0.9 at threads 1");
    sandbox.run(&sandbox.passing(), 0).is(0, &[]);
    fs::write(sandbox.latest().join("runs.jsonl"), "").unwrap();
    for command in ["gate", "show"] {
        let out = sandbox.sweep(&[command, "results/latest"]);
        assert_eq!(out.code, 4, "{command}: {}{}", out.stdout, out.stderr);
    }
}

/// A rule about runs that the experiment has, of which none was made.
#[test]
fn rule_without_a_run_is_not_measured() {
    let sandbox = ruled("ticket >= 0.9 * kernel/raw_spin at threads 1");
    sandbox.run(&sandbox.passing(), 0).is(0, &[]);
    let path = sandbox.latest().join("runs.jsonl");
    let text = fs::read_to_string(&path).unwrap();
    let kept = text
        .split_inclusive('\n')
        .filter(|line| !line.contains("\"lock\":\"ticket\""));
    fs::write(&path, kept.collect::<String>()).unwrap();
    let out = sandbox.sweep(&["gate", "results/latest"]);
    assert_eq!(out.code, 4, "{}{}", out.stdout, out.stderr);
}
