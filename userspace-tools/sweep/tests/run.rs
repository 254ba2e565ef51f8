// SPDX-License-Identifier: GPL-2.0

//! `sweep run` and `sweep show` from end to end, with a stand-in for `vm` that says what a test
//! wants the guest to have said.

#[path = "support/guest.rs"]
#[allow(dead_code, reason = "each file of tests uses a part of it")]
mod guest;

use std::fs;

use guest::{Said, Stage};

#[test]
fn a_sound_run_holds_and_leaves_everything_behind() {
    let stage = Stage::new();
    let out = stage.run(&stage.sound(), 0);
    assert_eq!(out.code, 0, "{}", out.stderr);
    for text in [
        "caught 2/2",
        "held 4/4",
        "exact 2/2",
        "node% (thr)",
        "ratio",
        "total",
    ] {
        assert!(out.stdout.contains(text), "no `{text}` in:\n{}", out.stdout);
    }
    let files = [
        "plan.txt",
        "runs.jsonl",
        "experiment.toml",
        "summary.txt",
        "provenance.json",
    ];
    for file in files {
        assert!(stage.latest().join(file).is_file(), "{file}");
    }
    assert!(!stage.latest().join("INCOMPLETE").exists());
    let provenance = fs::read_to_string(stage.latest().join("provenance.json")).unwrap();
    assert!(
        provenance.contains("\"a kernel\""),
        "vm's record is part of it: {provenance}"
    );
}

#[test]
fn show_prints_the_same_tables_from_the_records_alone() {
    let stage = Stage::new();
    let run = stage.run(&stage.sound(), 0);
    let dir = stage.latest();
    for file in ["summary.txt", "figures.json", "plan.txt"] {
        fs::remove_file(dir.join(file)).unwrap();
    }
    let show = stage.sweep(&["show", dir.to_str().unwrap()]);
    assert_eq!(show.code, 0, "{}", show.stderr);
    assert!(
        run.stdout.starts_with(&show.stdout),
        "{}\n{}",
        run.stdout,
        show.stdout
    );
}

#[test]
fn the_median_and_the_quotient_are_those_of_the_repeats() {
    let stage = Stage::new();
    let mut said = stage.sound();
    // Two repeats at 8 threads: 300 and 500 sections in 1 ms, so 400k/s.
    let at = |lock: &str| format!("lock={lock} threads=8");
    Said::set(&mut said, &at("ticket"), "sections", &[300, 500]);
    Said::set(
        &mut said,
        &at("kernel/raw_spin"),
        "sections",
        &[10_000, 10_000],
    );
    let out = stage.run(&said, 0);
    assert!(out.stdout.contains("400k ±25%"), "{}", out.stdout);
    assert!(out.stdout.contains("the storm: 4.00 %"), "{}", out.stdout);
    let json = stage.sweep(&["show", "--json", stage.latest().to_str().unwrap()]);
    let json: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(json.pointer("/figures/storm").unwrap().as_f64(), Some(0.04));
}

#[test]
fn busted_that_is_not_caught_is_a_failure() {
    let stage = Stage::new();
    let mut said = stage.sound();
    Said::set(&mut said, "lock=busted threads=8", "lost", &[0, 7]);
    let out = stage.run(&said, 0);
    assert_eq!(out.code, 1);
    assert!(out.stdout.contains("NOT CAUGHT 1/2"), "{}", out.stdout);
    assert!(
        out.stdout.contains("FAIL: oracles of 1 of"),
        "{}",
        out.stdout
    );
}

#[test]
fn any_other_lock_that_breaks_is_a_failure() {
    let stage = Stage::new();
    let mut said = stage.sound();
    Said::set(&mut said, "lock=ticket threads=8", "lost", &[0, 1]);
    let out = stage.run(&said, 0);
    assert_eq!(out.code, 1);
    assert!(out.stdout.contains("BROKEN 1/4"), "{}", out.stdout);
}

#[test]
fn a_total_that_is_wrong_is_seen_whatever_the_module_says() {
    let stage = Stage::new();
    let mut said = stage.sound();
    Said::set(&mut said, "counter=sloppy", "sum", &[1, 1]);
    let out = stage.run(&said, 0);
    assert_eq!(out.code, 1);
    assert!(out.stdout.contains("contradicts itself"), "{}", out.stdout);
}

#[test]
fn a_run_that_the_module_refused_is_a_failure_with_its_reason() {
    let stage = Stage::new();
    let mut said = stage.sound();
    said[0].error = Some("EBUSY run".into());
    let out = stage.run(&said, 1);
    assert_eq!(out.code, 1);
    assert!(
        out.stdout.contains("lock=busted threads=1): EBUSY run"),
        "{}{}",
        out.stdout,
        out.stderr
    );
}

#[test]
fn a_lost_guest_leaves_a_directory_marked_as_incomplete() {
    let stage = Stage::new();
    let out = stage.run(&stage.sound()[..5], 245);
    assert_eq!(out.code, 1);
    assert!(
        out.stderr
            .contains("the guest exited without reporting after 5 of"),
        "{}",
        out.stderr
    );
    let dir = stage.only();
    assert!(fs::read_to_string(dir.join("INCOMPLETE"))
        .unwrap()
        .contains("exited without reporting"));
    assert!(
        !stage.root().join("latest").exists(),
        "nothing incomplete is `latest`"
    );
    let show = stage.sweep(&["show", dir.to_str().unwrap()]);
    assert_eq!(show.code, 1);
    assert!(
        show.stdout.contains("INCOMPLETE: the guest exited"),
        "{}",
        show.stdout
    );
}

#[test]
fn records_that_end_early_are_not_a_result() {
    let stage = Stage::new();
    let out = stage.run(&stage.sound()[..5], 0);
    assert_eq!(out.code, 1);
    assert!(
        out.stderr.contains("ended early after 5 of"),
        "{}",
        out.stderr
    );
}

#[test]
fn a_guest_that_is_repeated_counts_once() {
    let stage = Stage::new();
    let mut said = stage.sound()[..3].to_vec();
    said.extend(stage.sound());
    let out = stage.run(&said, 0);
    assert_eq!(out.code, 0, "{}", out.stderr);
    let lost = fs::read_to_string(stage.latest().join("runs.lost-1.jsonl")).unwrap();
    assert_eq!(lost.lines().count(), 3);
}

#[test]
fn a_run_with_other_settings_than_planned_is_refused() {
    let stage = Stage::new();
    let mut said = stage.sound();
    said[0].words = said[0].words.replace("threads=1", "threads=2");
    let out = stage.run(&said, 0);
    assert_eq!(out.code, 1);
    assert!(
        out.stderr.contains("planned with threads=1, but ran with threads=2"),
        "{}",
        out.stderr
    );
}

#[test]
fn usage_errors_exit_with_2() {
    let stage = Stage::new();
    for args in [
        &["run", "no-such-file.toml"][..],
        &["run", "--cpus", "x", "t.toml"],
        &["run", "--repeats", "0", "t.toml"],
        &["show", "no-such-dir"],
        &["evidence", "no-such-claims"],
    ] {
        let out = stage.sweep(args);
        assert_eq!(out.code, 2, "{args:?}: {}", out.stderr);
        assert!(!out.stderr.is_empty());
    }
    assert!(
        !stage.root().exists(),
        "a usage error leaves nothing behind"
    );
}
