// SPDX-License-Identifier: GPL-2.0

//! `sweep bundle` and `sweep rerun`, with a fake `vm` that answers any plan.

use std::{collections::BTreeMap, fs, io::Read, path::Path};

use flate2::read::GzDecoder;
use serde_json::Value;

use crate::guest::Sandbox;

/// A sandbox with one result, whose runs are in a drawn order.
fn measured() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.edit("\"written\"", "\"random\"");
    sandbox.build("modules");
    sandbox.answer();
    sandbox.sweep(&["run", "--seed", "7", "t.toml"]).is(0, &[]);
    sandbox
}

/// The files of a bundle, without the directory that they are in.
fn files(bundle: &[u8]) -> BTreeMap<String, String> {
    let mut archive = tar::Archive::new(GzDecoder::new(bundle));
    let files = archive.entries().unwrap().map(|entry| {
        let mut entry = entry.unwrap();
        let path = entry.path().unwrap().to_str().unwrap().to_string();
        let mut text = String::new();
        entry.read_to_string(&mut text).unwrap();
        (path.split_once('/').unwrap().1.to_string(), text)
    });
    files.collect()
}

fn json(path: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// The names in the parent of results.
fn results(sandbox: &Sandbox) -> Vec<String> {
    let entries = fs::read_dir(sandbox.root()).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

#[test]
fn bundles_of_one_result_are_identical_and_hold_all_of_it() {
    let sandbox = measured();
    let dir = fs::canonicalize(sandbox.latest()).unwrap();
    let dir = dir.to_str().unwrap();
    let default = format!("bundle: {dir}.tar.gz");
    sandbox
        .sweep(&["bundle", "results/latest"])
        .is(0, &[&default]);
    sandbox
        .sweep(&["bundle", dir, "--out", "b.tar.gz"])
        .is(0, &[]);
    let one = fs::read(format!("{dir}.tar.gz")).unwrap();
    let two = fs::read(sandbox.root().join("../b.tar.gz")).unwrap();
    assert!(one == two, "{} and {} bytes", one.len(), two.len());
    let files = files(&one);
    for name in [
        "experiment.toml",
        "plan.json",
        "provenance.json",
        "figures.json",
        "boot-1/record.json",
        "boot-1/vm.log",
        "README.txt",
    ] {
        assert!(files.contains_key(name), "no {name}: {:?}", files.keys());
    }
    assert!(!files.contains_key("owner.pid"));
    assert_eq!(files["runs.jsonl"].lines().count(), 18);
    assert_eq!(files["runs.csv"].lines().count(), 19);
    assert!(files["summary.txt"].contains("PASS: oracles of 18 runs"));
    for text in ["clocksource", "SHA-256 of initramfs.cpio", "</html>"] {
        assert!(files["report.html"].contains(text), "no {text}");
    }
    for attribute in ["src=\"", "href=\""] {
        for address in files["report.html"].split(attribute).skip(1) {
            assert!(
                address.starts_with("#") || address.starts_with("data:"),
                "{address:.80}"
            );
        }
    }
    let provenance: Value = serde_json::from_str(&files["provenance.json"]).unwrap();
    assert_eq!(provenance["seed"], 7);
    let hash = &provenance["boots"][0]["build"]["image"]["initramfs.cpio"];
    assert_eq!(hash.as_str().map(str::len), Some(64), "{provenance}");
    assert!(provenance["environment"]["machine"]["clocksource"].is_string());
}

#[test]
fn incomplete_and_missing_results_are_not_bundled() {
    let sandbox = measured();
    let dir = fs::canonicalize(sandbox.latest()).unwrap();
    let bundle = ["bundle", dir.to_str().unwrap()];
    let runs = fs::read_to_string(dir.join("runs.jsonl")).unwrap();
    let fewer = runs.split_once('\n').unwrap().1;
    fs::write(dir.join("runs.jsonl"), fewer).unwrap();
    let why = "it is incomplete: 1 of 18 runs have no record";
    sandbox.sweep(&bundle).fails(4, &[why]);
    fs::write(dir.join("runs.jsonl"), runs).unwrap();
    fs::write(dir.join("INCOMPLETE"), "still running\n").unwrap();
    sandbox
        .sweep(&bundle)
        .fails(4, &["it is incomplete: killed"]);
    sandbox.sweep(&["bundle", "nothing"]).fails(4, &["nothing"]);
    assert_eq!(results(&sandbox).len(), 2, "{:?}", results(&sandbox));
}

#[test]
fn rerun_runs_the_same_plan_and_compares() {
    let sandbox = measured();
    let before = fs::canonicalize(sandbox.latest()).unwrap();
    sandbox.sweep(&["bundle", "results/latest", "--out", "b.tar.gz"]);
    let plan = json(&before.join("plan.json"));
    fs::remove_dir_all(sandbox.root()).unwrap();
    let out = sandbox.sweep(&["rerun", "b.tar.gz"]);
    // Two repeats decide nothing.
    let out = out.is(3, &["differs  nothing", "after/before", "18 runs"]);
    assert!(out.stderr.contains("seed 7"), "{}", out.stderr);
    let after = fs::canonicalize(sandbox.latest()).unwrap();
    assert_ne!(after.file_name(), before.file_name());
    let again = json(&after.join("plan.json"));
    assert_eq!(
        (&again["boots"], &again["seed"]),
        (&plan["boots"], &plan["seed"])
    );
    assert!(
        before.join("runs.jsonl").is_file(),
        "the bundle's result is unpacked"
    );
}

/// The plan that was run, without the boots after the look that decided, is the plan of the rerun.
#[test]
fn rerun_of_a_run_until_decided_ends_at_the_same_look() {
    let sandbox = Sandbox::new();
    let rule = "oracle = \"caught\" }, 'ticket >= 0.4 * kernel/raw_spin at threads 8']";
    sandbox.edit("oracle = \"caught\" }]", rule);
    sandbox.edit("repeats = 2", "repeats = 6");
    sandbox.edit("vcpus = 8,", "vcpus = 8, boots = 6,");
    sandbox.build("modules");
    sandbox.answer();
    let run = ["run", "--until-decided", "--max-boots", "24", "t.toml"];
    sandbox.sweep(&run).is(0, &[]);
    let before = fs::canonicalize(sandbox.latest()).unwrap();
    sandbox.sweep(&["bundle", "results/latest", "--out", "b.tar.gz"]);
    let plan = json(&before.join("plan.json"));
    fs::remove_dir_all(sandbox.root()).unwrap();
    // Each boot gives the same, so that all lines are equivalent.
    let out = sandbox.sweep(&["rerun", "b.tar.gz"]);
    let out = out.is(0, &["differs  nothing", "equivalent"]);
    let open = "0 rules are open after 6 boots";
    assert!(out.stderr.contains(open), "{}", out.stderr);
    let after = fs::canonicalize(sandbox.latest()).unwrap();
    assert_ne!(after.file_name(), before.file_name());
    assert_eq!(json(&after.join("plan.json"))["boots"], plan["boots"]);
    let records = fs::read_to_string(after.join("runs.jsonl")).unwrap();
    assert_eq!(records.lines().count(), 6 * 9);
}

#[test]
fn unlike_host_of_a_rerun_is_named() {
    let sandbox = measured();
    let path = fs::canonicalize(sandbox.latest())
        .unwrap()
        .join("provenance.json");
    let mut provenance = json(&path);
    let environment = &mut provenance["environment"];
    environment["machine"]["cpu_model"] = "Another CPU".into();
    environment["toolbox"]["packages"]["qemu-system-x86"] = "1:9".into();
    provenance["vm"]["host"]["cpu_model"] = "Another CPU".into();
    fs::write(&path, provenance.to_string()).unwrap();
    sandbox.sweep(&["bundle", "results/latest", "--out", "b.tar.gz"]);
    let names = [
        "host CPU: Another CPU, here ",
        "package qemu-system-x86: 1:9, here ",
    ];
    sandbox.sweep(&["rerun", "b.tar.gz"]).is(3, &names);
    // A result of schema 2 has less to name.
    provenance["environment"] = Value::Null;
    fs::write(&path, provenance.to_string()).unwrap();
    sandbox.sweep(&[
        "bundle",
        path.parent().unwrap().to_str().unwrap(),
        "--out",
        "b.tar.gz",
    ]);
    let names = ["differs  unknown", "host CPU: Another CPU, here "];
    sandbox.sweep(&["rerun", "b.tar.gz"]).is(3, &names);
}

#[test]
fn damaged_or_foreign_bundle_is_refused_in_one_line_and_leaves_nothing() {
    let sandbox = measured();
    sandbox.sweep(&["bundle", "results/latest", "--out", "b.tar.gz"]);
    let path = sandbox.root().join("../b.tar.gz");
    let whole = fs::read(&path).unwrap();
    let names = results(&sandbox);
    let mut flipped = whole.clone();
    flipped[whole.len() / 2] ^= 0x10;
    for bytes in [
        Vec::new(),
        b"a text\n".to_vec(),
        whole[..whole.len() / 2].to_vec(),
        whole[..whole.len() - 5].to_vec(),
        [&whole[..], b"x"].concat(),
        flipped,
    ] {
        fs::write(&path, bytes).unwrap();
        let out = sandbox.sweep(&["rerun", "b.tar.gz"]);
        let out = out.fails(
            2,
            &[
                "cannot unpack b.tar.gz: ",
                "Try: a file that `sweep bundle` wrote",
            ],
        );
        assert_eq!(out.stderr.lines().count(), 1, "{}", out.stderr);
        assert_eq!(results(&sandbox), names);
    }
    sandbox
        .sweep(&["rerun", "none.gz"])
        .fails(2, &["cannot unpack none.gz: No such file"]);
}

/// See `fixtures/README.md`.
#[test]
fn bundle_of_schema_1_and_result_of_schema_3_stay_readable() {
    let bundle = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/fixtures/bundle-1.tar.gz"
    );
    let sandbox = Sandbox::new();
    // There is no `vm`: its result is unpacked, and then nothing runs.
    let out = sandbox.sweep(&["rerun", bundle]);
    assert_ne!(out.code, 0, "{}", out.stdout);
    let dir = sandbox.root().join("2026-11-29-110449-tiny");
    let provenance = json(&dir.join("provenance.json"));
    assert_eq!(provenance["schema"], 3);
    let build = &provenance["boots"][0]["build"];
    assert!(build["modules"]["lock-load.ko"].is_string(), "{build}");
    assert_eq!(
        files(&fs::read(bundle).unwrap())["runs.csv"]
            .lines()
            .count(),
        55
    );
    fs::remove_file(dir.join("summary.txt")).unwrap();
    let shown = sandbox.sweep(&["show", dir.to_str().unwrap()]);
    shown.is(
        0,
        &[
            "PASS: oracles of 36 runs as expected.",
            "commit 464396c7a9d9",
        ],
    );
}
