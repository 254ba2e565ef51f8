// SPDX-License-Identifier: GPL-2.0

//! `sweep compare` and `sweep fit`, with results made from a real record.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use serde_json::Value;

const RESULT: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../results/tests/fixtures/schema-3/result"
);

fn sweep(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sweep"));
    command.args(args).output().unwrap()
}

/// A result with eight boots of `ticket` on one thread, each a little longer than the one before, and
/// all of them `slower` times as long as in the other result.
fn repeated(dir: &Path, slower: f64) {
    for file in ["experiment.toml", "provenance.json"] {
        fs::copy(Path::new(RESULT).join(file), dir.join(file)).unwrap();
    }
    let runs = fs::read_to_string(Path::new(RESULT).join("runs.jsonl")).unwrap();
    let records = runs
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    let mine = |r: &Value| {
        r["config"]["lock"] == "ticket" && r["config"]["threads"] == 1 && r["repeat"] == 1
    };
    let record = records.into_iter().find(mine).unwrap();
    let lines = (0..8).map(|i| {
        let mut record = record.clone();
        (record["seq"], record["repeat"]) = (i.into(), (i + 1).into());
        record["boot"] = (i + 1).into();
        let ns = record["sum"]["elapsed_ns"].as_f64().unwrap();
        record["sum"]["elapsed_ns"] = ((ns * slower * (1.0 + f64::from(i) / 500.0)) as u64).into();
        format!("{record}\n")
    });
    fs::write(dir.join("runs.jsonl"), lines.collect::<String>()).unwrap();
}

fn against(slower: f64) -> (Option<i32>, String) {
    let (before, after) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    repeated(before.path(), 1.0);
    repeated(after.path(), slower);
    let out = sweep(&[
        "compare",
        before.path().to_str().unwrap(),
        after.path().to_str().unwrap(),
    ]);
    (out.status.code(), String::from_utf8(out.stdout).unwrap())
}

#[test]
fn ten_percent_slower_is_worse() {
    let (code, text) = against(1.1);
    assert!(text.contains("0 better, 1 worse"), "{text}");
    assert!(text.contains("0.909 ["), "{text}");
    assert_eq!(code, Some(1));
}

#[test]
fn ten_percent_faster_is_better() {
    let (code, text) = against(0.9);
    assert!(text.contains("1 better, 0 worse"), "{text}");
    assert_eq!(code, Some(0));
}

#[test]
fn unchanged_result_is_equivalent() {
    let (code, text) = against(1.0);
    assert!(text.contains("0 better, 0 worse, 1 equivalent"), "{text}");
    assert_eq!(code, Some(0));
}

/// Two results of which the second is changed by `change`.
fn unlike(change: impl FnOnce(&Path)) -> Output {
    let (before, after) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    repeated(before.path(), 1.0);
    repeated(after.path(), 1.0);
    change(after.path());
    let dirs = [before.path(), after.path()].map(|dir| dir.to_str().unwrap());
    sweep(&["compare", dirs[0], dirs[1]])
}

fn replace(path: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(path).unwrap();
    assert!(text.contains(from), "no `{from}` in {text}");
    fs::write(path, text.replace(from, to)).unwrap();
}

#[test]
fn unlike_incomplete_and_unreadable_results_are_refused_each_with_its_code() {
    let provenance = |from: &'static str, to: &'static str| {
        move |dir: &Path| replace(&dir.join("provenance.json"), from, to)
    };
    let runs = |from: &'static str, to: &'static str| {
        move |dir: &Path| replace(&dir.join("runs.jsonl"), from, to)
    };
    let memory = provenance("\"memory\": 256", "\"memory\": 512");
    for (out, code, why) in [
        (unlike(memory), 2, "the guests differs"),
        (
            unlike(provenance("\"tier\": \"tcg\"", "\"tier\": \"kvm\"")),
            2,
            "the tier differs",
        ),
        (
            unlike(runs("\"hold_ns\":200", "\"hold_ns\":900")),
            2,
            "hold_ns differs (200 and 900)",
        ),
        (
            unlike(|dir| fs::write(dir.join("INCOMPLETE"), "why\n").unwrap()),
            4,
            "incomplete: why",
        ),
        (
            unlike(runs("\"lock\":\"ticket\"", "\"lock\":\"tas\"")),
            2,
            "no run in common",
        ),
        (unlike(runs("{\"", "{{")), 4, "cannot read"),
    ] {
        let error = String::from_utf8(out.stderr).unwrap();
        assert_eq!(out.status.code(), Some(code), "{why}: {error}");
        assert!(error.contains(why), "{why}: {error}");
        assert_eq!(error.lines().count(), 1, "{error}");
    }
}

#[test]
fn cell_that_is_missing_after_is_not_measured() {
    let more = |dir: &Path| {
        let path = dir.join("runs.jsonl");
        let text = fs::read_to_string(&path).unwrap();
        let tas = text.replace("\"lock\":\"ticket\"", "\"lock\":\"tas\"");
        let tas = (0..8).fold(tas, |text, n| {
            text.replace(&format!("\"seq\":{n},"), &format!("\"seq\":1{n},"))
        });
        fs::write(&path, text + &tas).unwrap();
    };
    let (before, after) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    repeated(before.path(), 1.0);
    repeated(after.path(), 1.0);
    more(before.path());
    let dirs = [before.path(), after.path()].map(|dir| dir.to_str().unwrap());
    let out = sweep(&["compare", dirs[0], dirs[1]]);
    let text = String::from_utf8(out.stdout).unwrap();
    assert!(
        text.contains("NOT MEASURED after: locks lock=tas threads=1"),
        "{text}"
    );
    assert_eq!(out.status.code(), Some(4));
    let out = sweep(&["compare", dirs[1], dirs[0]]);
    assert_eq!(out.status.code(), Some(0), "a new cell is no loss");
}

#[test]
fn two_boots_are_inconclusive() {
    let out = sweep(&["compare", RESULT, RESULT]);
    let text = String::from_utf8(out.stdout).unwrap();
    assert!(text.contains("boots needed)"), "{text}");
    assert_eq!(out.status.code(), Some(3));
}

#[test]
fn missing_result_is_refused_by_name() {
    let out = sweep(&["compare", RESULT, "/nonexistent/result"]);
    let text = String::from_utf8(out.stderr).unwrap();
    assert!(
        text.contains("cannot read /nonexistent/result: no result directory"),
        "{text}"
    );
    assert_eq!(out.status.code(), Some(2));
}

#[test]
fn series_of_two_points_is_not_fitted() {
    let out = sweep(&["fit", RESULT]);
    let text = String::from_utf8(out.stdout).unwrap();
    assert!(text.contains("locks lock=ticket"), "{text}");
    assert!(text.contains("no fit: three numbers of threads"), "{text}");
    assert_eq!(out.status.code(), Some(0));
}

/// One section takes a microsecond, and a tenth of the work is serial.
#[test]
fn series_that_follows_amdahls_law_is_fitted() {
    let dir = tempfile::tempdir().unwrap();
    repeated(dir.path(), 1.0);
    let path = dir.path().join("runs.jsonl");
    let runs = fs::read_to_string(&path).unwrap();
    let one: Value = serde_json::from_str(runs.lines().next().unwrap()).unwrap();
    let lines = [1.0, 2.0, 4.0, 8.0].map(|n: f64| {
        let mut record = one.clone();
        record["seq"] = (n as u64).into();
        record["config"]["threads"] = (n as u64).into();
        record["sum"]["sections"] = 1_000_000.into();
        record["sum"]["elapsed_ns"] = ((1e9 / (n / (1.0 + 0.1 * (n - 1.0)))) as u64).into();
        format!("{record}\n")
    });
    fs::write(&path, lines.concat()).unwrap();
    let out = sweep(&["fit", "--json", dir.path().to_str().unwrap()]);
    let json: Value = serde_json::from_slice(&out.stdout).unwrap();
    let sigma = json["fits"][0]["fit"]["sigma"]["value"].as_f64().unwrap();
    let lambda = json["fits"][0]["fit"]["lambda"]["value"].as_f64().unwrap();
    assert!((sigma - 0.1).abs() < 1e-3, "{json}");
    assert!((lambda / 1e6 - 1.0).abs() < 1e-3, "{json}");
}
